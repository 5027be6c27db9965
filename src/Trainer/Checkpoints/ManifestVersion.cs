namespace MhcOperator.Trainer.Checkpoints;

/// <summary>What every version of a manifest says.</summary>
/// <param name="Version">Version of the layout.</param>
internal sealed record ManifestVersion(int Version);
