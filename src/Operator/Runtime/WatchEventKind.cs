namespace MhcOperator.Operator.Runtime;

/// <summary>What a line of a watch says.</summary>
internal enum WatchEventKind
{
    /// <summary>The object is there, new or changed.</summary>
    Set,

    /// <summary>The object is gone.</summary>
    Deleted,

    /// <summary>Nothing happened up to this version.</summary>
    Bookmark,
}
