namespace MhcOperator.Trainer.Tests.Support;

/// <summary>The process ends here: nobody may catch it and go on.</summary>
internal sealed class KilledException() : Exception("killed");
