namespace MhcOperator.Operator.Runtime;

/// <summary>A write was held back because another operator may hold the lease by now.</summary>
internal sealed class LeaseExpiredException() : Exception("the lease was not renewed in time, so another operator may be acting: nothing is written");
