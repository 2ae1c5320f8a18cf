/// Answers that leave as files: what was asked for, and where the files lie. Changes are durable before these return.
package protocol ExportKeeping: AnyObject, Sendable {
    func addExport(_ export: Export) throws
    /// - Throws: not-found, also for another's.
    func export(_ id: String, as principal: Principal) throws -> Export
    /// The newest first.
    func exports(after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal) throws -> [Export]
    /// Removes it and its file.
    ///
    /// - Throws: not-found.
    func deleteExport(_ id: String, as principal: Principal) throws
    /// By the link alone; nil where it is gone.
    func linkedExport(_ id: String) throws -> Export?

    // What makes them.

    /// Takes the file of one that is made, and not told of yet, to where it outlives this machine, if others may come to lead.
    ///
    /// - Throws: what ends it; there is no file then.
    func settleExport(_ export: Export, beforeEachPiece: () throws -> Void) throws

    /// Those to be made, the oldest first, without what was asked for.
    func waitingExports() throws -> [Export]
    /// One of those with what was asked for; nil where it is not to be made any more.
    func whole(_ export: Export) throws -> Export?
    /// Notes how an export ended.
    ///
    /// - Returns: false where somebody has removed it meanwhile: its file goes.
    func endExport(_ export: Export) throws -> Bool
    /// Ends what is past its time, and removes files that nothing leads to. Not while one is being written.
    func sweepExports(now: Int64) throws
    /// Takes files that are done to where the settings want them, and from there what is to go. Not while one is being written.
    ///
    /// - Throws: what ends it: the rest is for the next time.
    func carryExports(beforeEachPiece: () throws -> Void) throws
    /// A place for a file, which is there when this returns.
    func exportPath(_ fileName: String) throws -> String
    /// What a link leads to; nil where it is nowhere.
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
