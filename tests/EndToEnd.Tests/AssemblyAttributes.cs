using EndToEnd.Tests.Cluster;

// One small node is shared: jobs of two tests at a time would only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(RealCluster))]
