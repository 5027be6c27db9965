using System.Text.Json.Serialization;
using MhcOperator.Api.Contract;

namespace MhcOperator.Api.Json;

/// <summary>
/// JSON of the resource and of the trainer contract, without reflection. The records' properties have setters, not
/// initialisers: generated code gives an absent <c>init</c> property its type's default and so loses ours.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(MhcTrainingJob))]
[JsonSerializable(typeof(MhcTrainingJobSpec))]
[JsonSerializable(typeof(MhcTrainingJobStatus))]
[JsonSerializable(typeof(TrainerConfiguration))]
[JsonSerializable(typeof(TrainerStatus))]
[JsonSerializable(typeof(MetricsLine))]
[JsonSerializable(typeof(WorkerReport))]
[JsonSerializable(typeof(Verdict))]
[JsonSerializable(typeof(TerminationMessage))]
public sealed partial class ApiJsonContext : JsonSerializerContext;
