namespace MhcOperator.Api.Validation.Rules;

/// <summary>The gang's pods.</summary>
internal static class WorkersRules
{
    public const string Template = "spec.workers.template";

    public static IReadOnlyList<Rule> All { get; } =
    [
        new Rule
        {
            Path = Template,
            Uses = [Template, "spec.workers.devicesPerWorker"],
            Check = job => job.Spec.Workers.Template is { } template ? new PodTemplateCheck(job.Spec.Workers.DevicesPerWorker).Check(template) : [],
        },
    ];
}
