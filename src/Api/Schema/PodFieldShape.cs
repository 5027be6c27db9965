namespace MhcOperator.Api.Schema;

/// <summary>How many values a field has.</summary>
internal enum PodFieldShape
{
    One,
    List,
    Map,
}
