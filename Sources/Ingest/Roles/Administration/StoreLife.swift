package import Documents

/// The state of the store, from its opening to its end.
package protocol StoreLife: AnyObject, Sendable {
    var isReady: Bool { get }
    /// Why documents are refused at present, whoever sends them; empty while they are taken.
    var intakeRefusals: [Fault] { get }
    /// Sentences for the administrator about work of the store that stands still though it takes documents.
    var degradations: [String] { get }
    /// Calls `body` once everything that is committed by now is kept beyond this machine (its log, its standby), as far as the settings make answers wait for that; with a
    /// fault where it takes too long. On another thread, which must not wait, or on this one.
    func whenKept(_ body: @escaping @Sendable (Fault?) -> Void)
    /// Whether answers wait for that: `whenKept` may be late.
    var isKeptElsewhere: Bool { get }
    /// Whether answers to reads wait, too.
    var keepsReads: Bool { get }
    /// Why changes are refused at present, whoever makes them: their answers could not be kept. Nil: they are taken.
    var changeRefusal: Fault? { get }
    /// Figures: name without prefix, labels, value.
    func metrics() -> [Metric]
    /// Finishes what runs and closes every file.
    func close() throws
}

extension StoreLife {
    package func whenKept(_ body: @escaping @Sendable (Fault?) -> Void) { body(nil) }
    package var isKeptElsewhere: Bool { false }
    package var keepsReads: Bool { false }
    package var changeRefusal: Fault? { nil }
}
