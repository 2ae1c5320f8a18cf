package import Documents

/// How the store is, from its opening to its end.
package protocol StoreLife: AnyObject, Sendable {
    var isReady: Bool { get }
    /// Why documents are refused at present, whoever sends them; none while they are taken.
    var intakeRefusals: [Fault] { get }
    /// What of the store's work stands still though it takes documents, for the administrator.
    var degradations: [String] { get }
    /// Runs `body` once all that is committed by now lies where the loss of this machine does not reach it, as far as answers are to wait for that; with a
    /// fault where it takes too long. On another thread, which must not wait, or on this one.
    func whenKept(_ body: @escaping @Sendable (Fault?) -> Void)
    /// Whether answers wait for that at all.
    var isKeptElsewhere: Bool { get }
    /// Whether answers wait that change nothing too.
    var keepsReads: Bool { get }
    /// Why changes are refused at present, whoever makes them: they could not be answered.
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
