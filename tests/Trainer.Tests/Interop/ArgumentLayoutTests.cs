using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Tests.Interop;

/// <summary>The structs that native calls take, against the headers that declare them.</summary>
public sealed partial class ArgumentLayoutTests
{
    private static readonly Dictionary<string, (string Name, string Type)[]> Declared =
        Structs(Header("mhc.h")).Concat(Structs(Header("mhc_collectives.h"))).ToDictionary();

    private static readonly Type[] Ours =
    [
        .. typeof(MhcNative).GetNestedTypes().Where(type => type.IsLayoutSequential), typeof(CollectivesLibrary.GroupCreateArgs),
    ];

    public static TheoryData<string> Names() => [.. Ours.Select(type => type.Name)];

    [Theory, MemberData(nameof(Names))]
    public void A_struct_has_the_fields_of_the_header_in_its_order_and_at_its_places(string name)
    {
        var type = Ours.Single(each => each.Name == name);
        var fields = type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance);
        var expected = Declared[HeaderName(type)];

        Assert.Equal(expected, fields.Select(field => (HeaderName(field.Name), HeaderName(field.FieldType))));
        Assert.Equal(expected.Select((_, i) => expected.Take(i).Sum(before => SizeOf(before.Type))),
            fields.Select(field => (int)Marshal.OffsetOf(type, field.Name)));
        Assert.Equal(SizeOf(HeaderName(type)), Marshal.SizeOf(type));
    }

    [Fact]
    public void A_function_takes_the_struct_of_its_name()
    {
        var structs = Ours.Where(type => type.Name.EndsWith("Args", StringComparison.Ordinal)).Select(type => type.Name).ToHashSet();
        var taken = typeof(MhcNative).GetMethods().Append(typeof(CollectivesLibrary).GetMethod(nameof(CollectivesLibrary.Create))!)
            .SelectMany(method => method.GetParameters().Select(parameter => (method, Type: parameter.ParameterType.GetElementType())))
            .Where(each => each.Type is { IsLayoutSequential: true } && structs.Contains(each.Type.Name))
            .ToDictionary(each => each.Type!.Name, each => each.method.Name);

        Assert.Equal(structs.Order(), taken.Keys.Order());
        Assert.All(taken, each => Assert.True(each.Key == each.Value + "Args" || each.Key == "Group" + each.Value + "Args", each.Key));
    }

    [Fact]
    public void The_headers_structs_are_read_field_by_field()
    {
        var structs = Structs("""
            /// Of mhc_a. typedef struct no { int x; } no;
            typedef struct mhc_a_args {
                mhc_head head;
                const float *x_y; ///< [T]; a comment; more
                                  ///< of it
                int32_t n;        ///< 0
            } mhc_a_args;
            """).ToDictionary();

        Assert.Equal([("head", "mhc_head"), ("x_y", "float *"), ("n", "int32_t")], structs["mhc_a_args"]);
        Assert.Equal(["mhc_a_args"], structs.Keys);
    }

    private static string Header(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Interop", name));

    private static IEnumerable<KeyValuePair<string, (string, string)[]>> Structs(string header) =>
        Struct().Matches(Comment().Replace(header, "")).Select(match => KeyValuePair.Create(match.Groups["name"].Value,
            Field().Matches(match.Groups["fields"].Value).Select(field => (field.Groups["name"].Value, field.Groups["type"].Value))
                .ToArray()));

    private static int SizeOf(string type) => type switch
    {
        "int32_t" or "uint32_t" or "float" => 4,
        "int64_t" => 8,
        _ => Declared.TryGetValue(type, out var fields) ? fields.Sum(field => SizeOf(field.Type)) : IntPtr.Size,
    };

    private static string HeaderName(string name) => Upper().Replace(name, "_$0").ToLowerInvariant();

    private static unsafe string HeaderName(Type type) => type switch
    {
        { IsFunctionPointer: true } => type == typeof(CollectivesLibrary.GroupCreateArgs).GetField("Set")!.FieldType
            ? "mhc_store_set"
            : "mhc_store_get",
        _ when type == typeof(int) => "int32_t",
        _ when type == typeof(uint) => "uint32_t",
        _ when type == typeof(long) => "int64_t",
        _ when type == typeof(float) => "float",
        _ when type == typeof(float*) => "float *",
        _ when type == typeof(void*) => "void *",
        _ when type == typeof(byte*) => "char *",
        _ => "mhc_" + HeaderName(type.Name),
    };

    [GeneratedRegex("//.*", RegexOptions.None, 1000)]
    private static partial Regex Comment();

    [GeneratedRegex(@"typedef struct (?<name>\w+) \{(?<fields>[^}]*)\} \k<name>;", RegexOptions.None, 1000)]
    private static partial Regex Struct();

    [GeneratedRegex(@"(?:const )?(?<type>\w+(?: \*)?) ?(?<name>\w+);", RegexOptions.None, 1000)]
    private static partial Regex Field();

    [GeneratedRegex(@"(?<!^)[A-Z]", RegexOptions.None, 1000)]
    private static partial Regex Upper();
}
