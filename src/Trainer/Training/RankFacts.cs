using System.Globalization;
using System.Reflection;
using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Training;

/// <summary>What a rank must have as all others of its gang have it.</summary>
internal static class RankFacts
{
    // The module's identifier is a hash of what was compiled: two builds of one version differ in it.
    private static readonly string Program =
        $"{typeof(RankFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion} ({typeof(RankFacts).Module.ModuleVersionId})";

    /// <summary>By the field or variable that says it.</summary>
    /// <param name="settings">What the environment says.</param>
    /// <param name="kernels">How mHC is computed.</param>
    /// <param name="data">Fingerprint of the data.</param>
    public static FieldValues Of(TrainerSettings settings, KernelKind kernels, string data)
    {
        var facts = new FieldValues();
        // Where the data lies may differ from machine to machine; what it holds may not.
        var configuration = settings.Configuration with
        {
            Job = "",
            Namespace = "",
            Data = settings.Configuration.Data with { Source = new DataSource() }
        };
        facts.Add("spec", JsonSerializer.SerializeToNode(configuration, ApiJsonContext.Default.TrainerConfiguration));
        facts.Add("spec.data (SHA-256 of what it holds)", data);
        facts.Add(TrainerEnvironment.ResumeStep, settings.Resume.ToString());
        facts.Add(TrainerEnvironment.SkipWindows, string.Join(',', settings.SkipWindows));
        facts.Add(TrainerEnvironment.LearningRateFactor, settings.LearningRateFactor.ToString("R", CultureInfo.InvariantCulture));
        facts.Add(TrainerEnvironment.JobSince, settings.JobSince.ToString(CultureInfo.InvariantCulture));
        facts.Add("--kernels", kernels.ToString());
        facts.Add("mhc-trainer", Program);
        return facts;
    }
}
