namespace Api.Tests.Validation;

/// <summary>Cases for every rule between fields and on changes: validation and admission are held against the same ones.</summary>
public static class BrokenRules
{
    /// <summary>A spec that breaks one rule, and what is said.</summary>
    public static TheoryData<string, string> All() => new()
    {
        { "model: {width: 512, heads: 7}", "spec.model.heads: expected a divisor of spec.model.width (512), got 7" },
        { "model: {width: 15, heads: 5}", "spec.model.heads: expected an even spec.model.width / spec.model.heads, for rotary positions, got 15 / 5 = 3" },
        { "model: {keyValueHeads: 5}", "spec.model.keyValueHeads: expected a divisor of spec.model.heads (12), got 5" },
        { "model: {vocabulary: 255}", "spec.model.vocabulary: expected at least the 256 token numbers of spec.data.tokenizer (Bytes), got 255" },
        { "model: {vocabulary: 100276}, data: {tokenizer: Cl100k}", "spec.model.vocabulary: expected at least the 100277 token numbers of spec.data.tokenizer (Cl100k), got 100276" },
        { "model: {vocabulary: 200018}, data: {tokenizer: O200k}", "spec.model.vocabulary: expected at least the 200019 token numbers of spec.data.tokenizer (O200k), got 200018" },
        { "model: {residual: HyperConnections, mhc: {parameters: Reduced}}", "spec.model.mhc.parameters: expected Full where spec.model.residual (HyperConnections) is not Mhc, got Reduced" },
        { "workers: {replicas: 3}", "spec.optimization.batchTokens: expected a multiple of spec.model.contextLength × ranks (1024 × 3 = 3072), got 65536" },
        { "workers: {replicas: 4096, devicesPerWorker: 16}, model: {contextLength: 1048576}", "spec.optimization.batchTokens: expected a multiple of spec.model.contextLength × ranks (1048576 × 65536 = 68719476736), got 65536" },
        { "optimization: {microBatchTokens: 1000}", "spec.optimization.microBatchTokens: expected a multiple of spec.model.contextLength (1024), got 1000\nspec.optimization.microBatchTokens: expected a divisor of spec.optimization.batchTokens / ranks (65536 / 1), got 1000" },
        { "optimization: {microBatchTokens: 3072}", "spec.optimization.microBatchTokens: expected a divisor of spec.optimization.batchTokens / ranks (65536 / 1), got 3072" },
        { "optimization: {activationMemory: 2Gi}", "spec.optimization.activationMemory: expected nothing where spec.optimization.recompute is false, got \"2Gi\"" },
        { "optimization: {steps: 50}", "spec.optimization.warmupSteps: expected at most spec.optimization.steps (50), got 100" },
        { "data: {source: {persistentVolumeClaim: {claimName: a}, configMap: {name: b}}}", "spec.data.source: expected at most one of persistentVolumeClaim and configMap, got both" },
        { "data: {source: {path: /a, configMap: {name: b}}}", "spec.data.source.path: expected a path inside the volume, relative and without \"..\", got \"/a\"" },
        { "data: {source: {path: a/../b, configMap: {name: b}}}", "spec.data.source.path: expected a path inside the volume, relative and without \"..\", got \"a/../b\"" },
        { "checkpoints: {volume: {claimName: a, storageClassName: b}}", "spec.checkpoints.volume.storageClassName: expected nothing where spec.checkpoints.volume.claimName (a) names an existing claim, got \"b\"" },
        { "workers: {replicas: 2}, checkpoints: {volume: {accessModes: [ReadWriteOncePod]}}", "spec.checkpoints.volume.accessModes: expected no ReadWriteOncePod where spec.workers.replicas (2) is over 1: all pods write there" },
        { "checkpoints: {intervalSteps: 10}", "spec.checkpoints.verifyAfterSteps: expected at most spec.checkpoints.keepLatest × intervalSteps (30), else checkpoints are deleted before they can be trusted, got 50" },
        { "stability: {lossSpike: {patience: 65}}", "spec.stability.lossSpike.patience: expected at most spec.stability.lossSpike.window (64), got 65" },
        { "stability: {gradientNorm: {window: 8, patience: 9}}", "spec.stability.gradientNorm.patience: expected at most spec.stability.gradientNorm.window (8), got 9" },
        { "runPolicy: {backoff: {initialSeconds: 361}}", "spec.runPolicy.backoff.maximumSeconds: expected at least spec.runPolicy.backoff.initialSeconds (361), got 360" },
        { "drills: [{kind: Crash, step: 5}, {kind: Crash, step: 1001}]", "spec.drills[1].step: expected at most spec.optimization.steps (1000), got 1001" },
        { "drills: [{kind: CorruptCheckpoint, step: 99}]", "spec.drills[0].step: expected at least spec.checkpoints.intervalSteps (100), for there is no checkpoint to corrupt before, got 99" },
        { "workers: {replicas: 2}, drills: [{kind: Hang, step: 1, rank: 2}]", "spec.drills[0].rank: expected a rank of the gang, 0 to 1, got 2" },
        { "trainer: {env: [{name: A}, {name: WORLD_SIZE, value: '1'}]}", "spec.trainer.env[1].name: expected a name that the trainer contract does not use (torchrun's names and MHC_*), got WORLD_SIZE" },
        { "trainer: {env: [{name: MHC_ATTEMPT}]}", "spec.trainer.env[0].name: expected a name that the trainer contract does not use (torchrun's names and MHC_*), got MHC_ATTEMPT" },
        { "workers: {device: Cuda}", "spec.workers.device: expected Cpu, or a trainer of your own in spec.trainer.image or command: ours computes on the host's cores, got Cuda" },
        { "workers: {template: {spec: {hostname: x}}}", "spec.workers.template.spec.hostname: expected nothing, peers find each other by the operator's host names; got \"x\"" },
    };

    /// <summary>A spec with a text that the machine cannot take, and what is said; servers do not know these rules.</summary>
    public static TheoryData<string, string> Texts() => new()
    {
        { "trainer: {command: [a, \"b\\0c\"]}", "spec.trainer.command[1]: expected text without NUL, which ends a text on the machine, got it after 1 characters" },
        { "trainer: {args: [\"\\0\"]}", "spec.trainer.args[0]: expected text without NUL, which ends a text on the machine, got it after 0 characters" },
        { "trainer: {env: [{name: T, value: \"c\\0d\"}]}", "spec.trainer.env[0].value: expected text without NUL, which ends a text on the machine, got it after 1 characters" },
        { "data: {source: {path: \"a\\0\"}}", "spec.data.source.path: expected text without NUL, which ends a text on the machine, got it after 1 characters" },
        { "data: {source: {persistentVolumeClaim: {claimName: c, subPath: \"a\\0\"}}}", "spec.data.source.persistentVolumeClaim.subPath: expected text without NUL, which ends a text on the machine, got it after 1 characters" },
        { "checkpoints: {volume: {subPath: \"a\\0\"}}", "spec.checkpoints.volume.subPath: expected text without NUL, which ends a text on the machine, got it after 1 characters" },
        { $"trainer: {{args: ['{new string('a', 131072)}']}}", "spec.trainer.args[0]: expected at most 131071 bytes (UTF-8), got 131072" },
        { $"trainer: {{command: ['{new string('ä', 65536)}']}}", "spec.trainer.command[0]: expected at most 131071 bytes (UTF-8), got 131072" },
        { $"trainer: {{env: [{{name: T, value: '{new string('a', 131070)}'}}]}}", "spec.trainer.env[0].value: expected at most 131071 bytes as NAME=VALUE (UTF-8), got 131072" },
        { $"data: {{source: {{path: '{new string('ä', 128)}'}}}}", "spec.data.source.path: expected at most 255 bytes in each name of a path (UTF-8), got 256" },
    };

    /// <summary>A change that never may be, or not while the job runs, and the field that is blamed.</summary>
    public static TheoryData<string, string> Changes() => new()
    {
        { "managedBy: example.com/other", "spec.managedBy" },
        { "workers: {replicas: 2}", "spec.workers.replicas" },
        { "trainer: {image: x}", "spec.trainer.image" },
        { "model: {layers: 3}", "spec.model.layers" },
        { "data: {tokenizer: Cl100k}", "spec.data.tokenizer" },
        { "optimization: {batchTokens: 131072}", "spec.optimization.batchTokens" },
        { "optimization: {seed: 2}", "spec.optimization.seed" },
        { "checkpoints: {volume: {claimName: x}}", "spec.checkpoints.volume.claimName" },
        { "checkpoints: {volume: {subPath: x}}", "spec.checkpoints.volume.subPath" },
        { "checkpoints: {volume: {storageClassName: x}}", "spec.checkpoints.volume.storageClassName" },
        { "checkpoints: {volume: {size: 20Gi}}", "spec.checkpoints.volume.size" },
        { "checkpoints: {volume: {accessModes: [ReadWriteOnce]}}", "spec.checkpoints.volume.accessModes" },
        { "scheduling: {queue: x}", "spec.scheduling.queue" },
    };
}
