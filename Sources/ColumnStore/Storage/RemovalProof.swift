/// Why a file may go: what proves that nothing needs it. There is no removal without one.
///
/// What has no such proof is a stranger, and stays where it is or is put aside.
public enum RemovalProof: Sendable, Equatable, CustomStringConvertible {
    /// The catalog, proven at the start, has named the file as replaced, moved or ended, and that is durable.
    case named(String)
    /// This process made the file, and nothing that outlives it has ever led to it.
    case unpublished
    /// A second name, or a file that is made and used within one call.
    case temporary

    public var description: String {
        switch self {
        case .named(let why): why
        case .unpublished: "made by this process, and part of nothing"
        case .temporary: "temporary"
        }
    }
}
