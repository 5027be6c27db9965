using MhcOperator.Api.Contract;
using MhcOperator.Api.Errors;

namespace MhcOperator.Api.Manifests;

/// <summary>A trainer configuration, or what is wrong with it.</summary>
public sealed record TrainerConfigurationResult
{
    /// <summary>The configuration with all defaults; null where there are errors.</summary>
    public TrainerConfiguration? Configuration { get; init; }

    /// <summary>Everything that is wrong, in the order of the fields.</summary>
    public IReadOnlyList<FieldError> Errors { get; init; } = [];
}
