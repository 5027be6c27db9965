namespace EndToEnd.Tests.Cluster;

/// <summary>kubectl said no.</summary>
internal sealed class KubectlException(string message) : Exception(message);
