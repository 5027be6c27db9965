namespace MhcOperator.Cli.Tests.Support;

/// <summary>Shell scripts that speak the trainer contract: environment in, exit code and termination message out.</summary>
internal static class FakeTrainer
{
    /// <summary>Unstable in the first attempt; the second says how it was started, and is done.</summary>
    public const string UnstableOnce = """
        if [ "$1" = sample ]; then printf 'Gets the \033[31mvalue'; exit 0; fi
        if [ "$MHC_ATTEMPT" = 1 ]; then
          printf '{"reason":"LossSpike","message":"loss 9.1","detectedStep":24,"onsetStep":21,"badData":[18,27],"restoreStep":10,"evidence":{}}\n' > "$MHC_TERMINATION_MESSAGE_PATH"
          exit 86
        fi
        echo "attempt $MHC_ATTEMPT rank $RANK from $MHC_RESUME_STEP without $MHC_SKIP_WINDOWS"
        """;

    /// <summary>Cannot read its data.</summary>
    public const string DataUnreadable = """
        echo "line one of the log"
        echo "cannot open /data/missing.txt" >&2
        printf '{"reason":"DataUnreadable","message":"/data/missing.txt: there is no such file"}\n' > "$MHC_TERMINATION_MESSAGE_PATH"
        exit 65
        """;

    /// <summary>Crashes in the first attempt.</summary>
    public const string CrashesOnce = """
        if [ "$1" = sample ]; then exit 1; fi
        if [ "$MHC_ATTEMPT" = 1 ]; then kill -9 $$; fi
        """;

    /// <summary>Works until it is told to end.</summary>
    public const string Patient = """
        trap 'exit 75' TERM
        trap '' INT
        while :; do sleep 0.05; done
        """;
}
