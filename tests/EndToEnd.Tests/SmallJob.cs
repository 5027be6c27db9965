namespace EndToEnd.Tests;

/// <summary>Manifests of small jobs with two pods.</summary>
internal static class SmallJob
{
    /// <summary>Trains a tiny model.</summary>
    /// <param name="name">Of the job.</param>
    /// <param name="steps">Updates.</param>
    /// <param name="further">Lines to add to the spec, indented by two.</param>
    /// <param name="device">Cpu or Cuda.</param>
    public static string Yaml(string name, int steps, string further = "", string device = "Cpu") => $$"""
        apiVersion: training.mhc.dev/v1alpha1
        kind: MhcTrainingJob
        metadata:
          name: {{name}}
        spec:
          workers:
            replicas: 2
            device: {{device}}
            template: { spec: { containers: [ { name: trainer, resources: { requests: { cpu: 100m }, limits: { cpu: "1" } } } ] } }
          model: { layers: 2, width: 32, heads: 2, contextLength: 64 }
          optimization: { steps: {{steps}}, batchTokens: 256, warmupSteps: 5, precision: Float32 }
          checkpoints: { intervalSteps: 20, verifyAfterSteps: 20 }
          runPolicy: { terminationTimeoutSeconds: 5, cleanPods: None, backoff: { initialSeconds: 1 } }
        {{further}}
        """;

    /// <summary>Runs a shell script in the trainer's place.</summary>
    public static string Script(string name, string script) => Yaml(
        name,
        steps: 100,
        $"""
          trainer:
            command: [sh, -c]
            args:
              - |
        {string.Join('\n', script.Split('\n').Select(line => $"        {line}"))}
        """);
}
