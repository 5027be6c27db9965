using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Images.Tests.Support;

/// <summary>
/// An archive of <c>eng/images.sh</c>, read by the specification of OCI's images (https://github.com/opencontainers/image-spec, 1.0).
/// </summary>
internal sealed class ImageArchive
{
    private static readonly Dictionary<string, Lazy<ImageArchive>> Read = new[] { "mhc-operator", "mhc-operator-debug", "mhc-trainer" }
        .ToDictionary(name => name, name => new Lazy<ImageArchive>(() => new ImageArchive(name)), StringComparer.Ordinal);

    private ImageArchive(string name)
        : this(
            name.Replace("-debug", "", StringComparison.Ordinal),
            name.EndsWith("-debug", StringComparison.Ordinal) ? $"{Repository.Version}-debug" : Repository.Version,
            Repository.PathOf("artifacts/images"))
    {
    }

    private ImageArchive(string name, string tag, string folder)
    {
        (Name, Tag) = (name, tag);
        Path = System.IO.Path.Combine(folder, $"{Name}-{Tag}.oci.tar");
        Assert.True(File.Exists(Path), $"there is no {Path}: run make images");
        var members = ReadMembers(Path);
        Index = JsonNode.Parse(members["index.json"])!;
        Docker = members.TryGetValue("manifest.json", out var docker) ? JsonNode.Parse(docker) : null;
        Layout = JsonNode.Parse(members["oci-layout"])!;
        Digest = (string)Index["manifests"]![0]!["digest"]!;
        Manifest = JsonNode.Parse(members[BlobPath(Digest)])!;
        Configuration = JsonNode.Parse(members[BlobPath((string)Manifest["config"]!["digest"]!)])!;
        LayerDigests = [.. Manifest["layers"]!.AsArray().Select(layer => (string)layer!["digest"]!)];
        Blobs = members.Where(member => member.Key.StartsWith("blobs/sha256/", StringComparison.Ordinal))
            .ToDictionary(StringComparer.Ordinal);
        ReadLayers();
    }

    public string Name { get; }

    public string Tag { get; }

    /// <summary>Of the archive.</summary>
    public string Path { get; }

    public string Digest { get; }

    public JsonNode Index { get; }

    /// <summary>What <c>docker load</c> reads; null where another program wrote the archive.</summary>
    public JsonNode? Docker { get; }

    public JsonNode Layout { get; }

    public JsonNode Manifest { get; }

    public JsonNode Configuration { get; }

    public IReadOnlyList<string> LayerDigests { get; }

    /// <summary>Content by the path in the archive.</summary>
    public IReadOnlyDictionary<string, byte[]> Blobs { get; }

    /// <summary>What the image shows, by path without a slash before it; a later layer covers an earlier one.</summary>
    public SortedDictionary<string, ImageFile> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>What the layers list, in their order, folders and links too.</summary>
    public List<IReadOnlyList<TarEntry>> Layers { get; } = [];

    /// <summary>SHA-256 of each unpacked layer.</summary>
    public List<string> DiffIds { get; } = [];

    /// <param name="name">mhc-operator, mhc-operator-debug or mhc-trainer.</param>
    public static ImageArchive Of(string name) => Read[name].Value;

    /// <summary>One that has been made into another folder.</summary>
    public static ImageArchive In(string folder, string name) => new(name, Repository.Version, folder);

    public static string BlobPath(string digest) => $"blobs/sha256/{digest["sha256:".Length..]}";

    /// <summary>Unpacks the layers one over another, with the owners and rights that they give.</summary>
    public void Unpack(string folder)
    {
        foreach (var digest in LayerDigests)
        {
            Programs.Run(
                "bash", ["-c", "set -o pipefail; tar -xOf \"$1\" \"$2\" | tar -C \"$3\" -xzpf -", "-", Path, BlobPath(digest), folder]);
        }
    }

    private static Dictionary<string, byte[]> ReadMembers(string path)
    {
        var members = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        using var reader = new TarReader(File.OpenRead(path));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                var content = new byte[entry.Length];
                entry.DataStream?.ReadExactly(content);
                members.Add(entry.Name, content);
            }
        }

        return members;
    }

    private GZipStream Unpacked(string digest) => new(new MemoryStream(Blobs[BlobPath(digest)]), CompressionMode.Decompress);

    private void ReadLayers()
    {
        foreach (var digest in LayerDigests)
        {
            using var sum = SHA256.Create();
            using var content = new CryptoStream(Unpacked(digest), sum, CryptoStreamMode.Read);
            using var reader = new TarReader(content, leaveOpen: true);
            var entries = new List<TarEntry>();
            while (reader.GetNextEntry() is { } entry)
            {
                entries.Add(entry);
                var path = (entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name).Trim('/');
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                {
                    var hash = entry.DataStream is null ? SHA256.HashData([]) : SHA256.HashData(entry.DataStream);
                    Files[path] = new ImageFile(entry.Length, Convert.ToHexStringLower(hash), entry.Mode, null);
                }
                else if (entry.EntryType == TarEntryType.SymbolicLink)
                {
                    Files[path] = new ImageFile(0, "", entry.Mode, entry.LinkName);
                }
            }

            content.CopyTo(Stream.Null);
            Layers.Add(entries);
            DiffIds.Add($"sha256:{Convert.ToHexStringLower(sum.Hash!)}");
        }
    }
}
