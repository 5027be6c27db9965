using EndToEnd.Tests.Cluster;

// One small node is shared: while pods of one job start or end, another's can compute; a third would only slow them down.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: AssemblyFixture(typeof(RealCluster))]
