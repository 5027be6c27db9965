namespace MhcOperator.Api.Schema;

/// <summary>Types of a structural schema.</summary>
internal enum SchemaType
{
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}
