using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>The gang's pods.</summary>
internal static class WorkersRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.ForField(
            "spec.workers.device",
            ("self.workers.device == 'Cpu' || has(self.trainer.image) || (has(self.trainer.command) && size(self.trainer.command) > 0)",
                "expected Cpu, or a trainer of your own in spec.trainer.image or command: ours computes on the host's cores"),
            ["spec.trainer.image", "spec.trainer.command"],
            job => job.Spec.Workers.Device == Device.Cpu || job.Spec.Trainer is { Image: not null } or { Command.Count: > 0 }
                ? null
                : $"expected Cpu, or a trainer of your own in spec.trainer.image or command: ours computes on the host's cores, got {job.Spec.Workers.Device}"),
        new Rule
        {
            Path = JobSchema.PodTemplate,
            Uses = [JobSchema.PodTemplate, "spec.workers.devicesPerWorker"],
            Check = job => job.Spec.Workers.Template is { } template
                ? new PodTemplateCheck(job.Spec.Workers.DevicesPerWorker).Check(template) : [],
        },
    ];
}
