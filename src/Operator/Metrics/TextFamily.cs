namespace MhcOperator.Operator.Metrics;

/// <summary>One metric of all jobs, in Prometheus' text format.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">gauge or counter.</param>
/// <param name="Help">What it means, in one line.</param>
/// <param name="Samples">Writes those of one job.</param>
internal sealed record TextFamily(string Name, string Type, string Help, TextFamily.Writing Samples)
{
    public delegate void Writing(TextSamples text, JobSample job);

    public void Write(TextSamples text, ReadOnlySpan<JobSample> jobs)
    {
        text.Line($"# HELP {Name} {Help}\n# TYPE {Name} {Type}\n");
        foreach (var job in jobs)
        {
            Samples(text, job);
        }
    }
}
