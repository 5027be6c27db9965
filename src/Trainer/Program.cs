using System.CommandLine;
using MhcOperator.Trainer.Commands;

var root = new RootCommand("Trains transformers with manifold-constrained hyper-connections (mHC).")
{
    TrainCommand.Create(),
    SampleCommand.Create(),
    CheckCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
