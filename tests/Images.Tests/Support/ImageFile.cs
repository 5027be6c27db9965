namespace Images.Tests.Support;

/// <param name="Length">In bytes.</param>
/// <param name="Sum">SHA-256 in small hexadecimal digits; empty for a link.</param>
/// <param name="Mode">Its rights.</param>
/// <param name="Target">Where a link leads; null for a file.</param>
internal sealed record ImageFile(long Length, string Sum, UnixFileMode Mode, string? Target);
