namespace MhcOperator.Cli.Tests.Support;

/// <summary>Manifests for tests.</summary>
internal static class Manifests
{
    /// <summary>A small valid job.</summary>
    public const string Small = """
        apiVersion: training.mhc.dev/v1alpha1
        kind: MhcTrainingJob
        metadata:
          name: small
        spec:
          workers:
            replicas: 2
            device: Cpu
          model: {layers: 1, width: 16, heads: 2, contextLength: 16}
          optimization: {steps: 40, batchTokens: 64, warmupSteps: 5, precision: Float32}
          checkpoints: {intervalSteps: 10, verifyAfterSteps: 5}
          runPolicy: {maxRestarts: 1, terminationTimeoutSeconds: 5, backoff: {initialSeconds: 0, maximumSeconds: 0}}
        """;
}
