using MhcOperator.Api.Errors;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>Texts that become arguments, environment or paths of a process. CEL knows characters, the machine bytes.</summary>
internal static class MachineRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        Words("spec.trainer.command", job => job.Spec.Trainer.Command),
        Words("spec.trainer.args", job => job.Spec.Trainer.Args),
        Rule.ForItems(
            "spec.trainer.env", "value", null, [], job => job.Spec.Trainer.Env,
            (_, variable) => MachineText.Variable(variable.Name, variable.Value)),
        Path("spec.data.source.path", job => job.Spec.Data.Source.Path),
        Path("spec.data.source.persistentVolumeClaim.subPath", job => job.Spec.Data.Source.PersistentVolumeClaim?.SubPath),
        Path("spec.checkpoints.volume.subPath", job => job.Spec.Checkpoints.Volume.SubPath),
    ];

    private static Rule Words(string path, Func<MhcTrainingJob, IReadOnlyList<string>?> words) => new()
    {
        Path = path,
        Uses = [path],
        Check = job => (words(job) ?? [])
            .Select((word, i) => (Path: FormattableString.Invariant($"{path}[{i}]"), Message: MachineText.Argument(word)))
            .Where(x => x.Message is not null)
            .Select(x => new FieldError(x.Path, x.Message!)),
    };

    private static Rule Path(string path, Func<MhcTrainingJob, string?> value) =>
        Rule.ForField(path, null, [], job => value(job) is { } text ? MachineText.Path(text) : null);
}
