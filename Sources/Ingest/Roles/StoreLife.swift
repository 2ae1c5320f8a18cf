package import Documents

/// How the store is, from its opening to its end.
package protocol StoreLife: AnyObject, Sendable {
    var isReady: Bool { get }
    /// Why documents are refused at present, whoever sends them; none while they are taken.
    var intakeRefusals: [Fault] { get }
    /// What of the store's work stands still though it takes documents, for the administrator.
    var degradations: [String] { get }
    /// Figures: name without prefix, labels, value.
    func metrics() -> [Metric]
    /// Finishes what runs and closes every file.
    func close() throws
}
