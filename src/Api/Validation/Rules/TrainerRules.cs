namespace MhcOperator.Api.Validation.Rules;

/// <summary>The trainer's container.</summary>
internal static class TrainerRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.ForItems(
            "spec.trainer.env",
            "name",
            ($"!has(self.trainer.env) || self.trainer.env.all(e, !(e.name in [{Quoted(ReservedEnvironment.Names)}]) && (!e.name.startsWith('MHC_') || e.name in [{Quoted(ReservedEnvironment.Free)}]))",
                "expected names that the trainer contract does not use (torchrun's names and MHC_*)"),
            [],
            job => job.Spec.Trainer.Env,
            (_, variable) => ReservedEnvironment.Contains(variable.Name) ? ReservedEnvironment.Message(variable.Name) : null),
    ];

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));
}
