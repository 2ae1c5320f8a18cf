/// Exports: queries whose answers are made into files, and the files. Changes are durable before these return.
package protocol ExportKeeping: AnyObject, Sendable {
    /// - Throws: `Fault`: overloaded where its owner has as many as allowed.
    func addExport(_ export: Export) throws
    /// - Throws: not-found, also for another's.
    func export(_ id: String, as principal: Principal) throws -> Export
    /// The newest first.
    func exports(after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal) throws -> [Export]
    /// Removes it and its file.
    ///
    /// - Throws: not-found.
    func deleteExport(_ id: String, as principal: Principal) throws
    /// For a caller with a signed link, whoever it is; nil where the export is gone.
    func linkedExport(_ id: String) throws -> Export?

    // For the queue that makes them.

    /// Copies the file of an export that is made, and not yet reported as done, to where it outlives this machine, if another machine may come to lead.
    ///
    /// - Throws: errors of the place, and what `beforeEachPiece` throws; there is no file then.
    func settleExport(_ export: Export, beforeEachPiece: () throws -> Void) throws

    /// Exports that are still to be made, the oldest first, without their queries.
    func waitingExports() throws -> [Export]
    /// One of those with its query; nil where it need not be made any more.
    func whole(_ export: Export) throws -> Export?
    /// Notes how an export ended.
    ///
    /// - Returns: false where it was deleted meanwhile: its file is removed.
    func endExport(_ export: Export) throws -> Bool
    /// Ends exports whose time is over, and removes files that no export names.
    ///
    /// - Parameters:
    ///   - now: microseconds since 1970.
    ///   - making: ids of exports that are being made: their files stay. None begins until it returns.
    func sweepExports(now: Int64, making: Set<String>) throws
    /// Copies finished files to where the settings want them, and deletes there what is to go.
    ///
    /// - Parameters:
    ///   - making: as of `sweepExports`.
    ///   - beforeEachPiece: called once the place was looked through; others may begin from then on.
    /// - Throws: the error that ends it; the next call does the rest.
    func carryExports(making: Set<String>, beforeEachPiece: () throws -> Void) throws
    /// The path for a file of that name, in a directory that is there when this returns.
    func exportPath(_ fileName: String) throws -> String
    /// The file of an export; nil where it is nowhere.
    func exportContents(_ export: Export) throws -> ExportContents?
    /// Of all files that are there, and of those of one who asked for them.
    func exportByteCounts(of owner: Identity) throws -> (own: Int64, all: Int64)
    /// Whether the disk has as much free as the store wants left.
    var hasRoomForExports: Bool { get }
}

extension ExportKeeping {
    package func settleExport(_ export: Export, beforeEachPiece: () throws -> Void) throws {}
    package func whole(_ export: Export) throws -> Export? { export }
}

/// Links that are good without a credential.
package protocol LinkSigning: AnyObject, Sendable {
    var links: LinkSigner { get }
}
