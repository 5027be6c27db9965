namespace MhcOperator.Trainer.Tests.Vectors;

/// <summary>The few vector files that travel with the tests.</summary>
internal static class SampleVectors
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Vectors", "Samples");

    public static string Layer => Path.Combine(Folder, "11-layer-n2.json");

    public static string Sinkhorn => Path.Combine(Folder, "01-sinkhorn-n2.json");
}
