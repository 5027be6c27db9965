using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Planning;

/// <summary>What rank 0 last said.</summary>
/// <param name="Status">Its answer.</param>
/// <param name="ReadAt">When it was read.</param>
internal sealed record TrainerReport(TrainerStatus Status, DateTimeOffset ReadAt);
