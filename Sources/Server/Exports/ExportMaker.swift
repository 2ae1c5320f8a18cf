internal import ColumnStore
internal import Documents
internal import Ingest

/// Makes the files of exports, on the queue's threads, with the rights that their owner has by then.
struct ExportMaker: Sendable {
    let context: DoorContext
    private let space = ExportSpace()
    /// After each try to note an end that failed.
    private let pauses: GrowingPause
    /// Some four minutes: then other exports have their turn, and this one is made again.
    private static let noteCountMax = 10

    private init(_ context: DoorContext, _ pauses: GrowingPause) { (self.context, self.pauses) = (context, pauses) }

    /// Makes exports from here on.
    ///
    /// - Parameter pauses: shorter ones for tests.
    static func begin(_ context: DoorContext, url: String, pauses: GrowingPause = GrowingPause(1...60)) {
        let maker = ExportMaker(context, pauses)
        context.exports.begin(baseURL: url) { maker.make($0) }
    }

    /// What the maker asks for first: nothing of a query is answered to whoever may not ask it any more.
    static func principal(_ owner: Identity, _ credentials: any CredentialLookup) throws -> Principal {
        switch owner {
        case .administrator: return .admin
        case .nobody: return .nobody
        case .contract(let client):
            guard let contract = try credentials.contract(client.text) else { throw Problem(.contractNotValid, "the contract is gone") }
            let now = CalendarText.now
            guard contract.invalidity(at: now) == nil else { throw Problem(.contractNotValid, "the contract is not valid any more") }
            return contract.principal(at: now)
        }
    }

    /// The same of an export, which ends with the key that asked for it, too: once that is revoked, and not as its time is over.
    static func principal(of export: Export, _ credentials: any CredentialLookup) throws -> Principal {
        let principal = try principal(export.owner, credentials)
        if let hash = export.keySHA256, !credentials.hasKey(ofSHA256: hash) { throw Problem(.unauthenticated, "the key that asked for the export was revoked") }
        return principal
    }

    /// Makes one export and notes in the catalog how it ended, done or not. Nothing is thrown: what went wrong is the export's own `problem`.
    ///
    /// An end that cannot be noted for long, or before a stop, leaves the row `running`, and the queue finds it again.
    private func make(_ run: ExportQueue.Run) {
        var export = run.export
        let log = context.log
        let place = space.enter()
        defer { place.leave() }
        do {
            try made(&export, run, place)
            export.state = .done
            export.endedAt = CalendarText.now
            export.expiresAt = CalendarText.now.addingSaturating(export.expiresIn)
        } catch {
            // A stop leaves it to the next start; who deleted it wants no answer.
            if run.isCancelled, context.life.isStopping || context.exports.isStopped { return }
            let problem = ProblemMapping.problem(for: error)
            if problem.slug == .internalError, !run.isCancelled { log.error("an export failed", ["export": .text(export.id), "error": .text(problem.cause ?? "\(error)")]) }
            (export.state, export.problem, export.endedAt) = (.error, ProblemBody(problem).json(), CalendarText.now)
            // No row leads to what was written: its file goes with the object that wrote it.
            (export.fileName, export.rights, export.byteCount, export.sha256) = (nil, nil, 0, nil)
            export.rowCount = run.progress.rowCount
        }
        noteEnd(export)
    }

    /// Tries until it is noted: a disk that is full takes it later, and what was made is not made again meanwhile. It is said once.
    private func noteEnd(_ export: Export) {
        let log = context.log
        var pause = pauses
        while true {
            do {
                let isThere = try context.store.exports.endExport(export)
                log.info("export ended", ["export": .text(export.id), "state": .text(isThere ? export.state.rawValue : "deleted"), "rows": .number(Int(export.rowCount))])
                return
            } catch {
                if pause.failureCount == 0 { log.error("an export's end could not be noted; it is tried again", ["export": .text(export.id), "reason": .error(error)]) }
                let seconds = pause.next()
                guard pause.failureCount < Self.noteCountMax, context.exports.pause(seconds: seconds) else { return }
            }
        }
    }

    /// - Throws: `contract-not-valid` where the owner may not ask any more, `unauthenticated` where their key was revoked,
    ///   `role-not-allowed` where they may see less than when it began; what the question, the file, or a cancellation says.
    private func made(_ export: inout Export, _ run: ExportQueue.Run, _ place: ExportSpace.Place) throws {
        let principal = try Self.principal(of: export, context.store.credentials)
        let request = try ExportRequest(body: try JSONParser.parse(export.request), as: principal)
        // With a part by chance: each try at an export has a file of its own.
        let name = "\(export.id)-\(try APIKey.randomText(byteCount: 6)).\(request.format.rawValue)"
        let file = try ExportFile(
            path: try context.store.exports.exportPath(name), exports: context.store.exports, owner: export.owner, byteCountMax: Int64(context.limits.exportsByteCount), place: place)
        let deadline = SteadyClock.seconds() + context.limits.streamTime
        let work = ExportWork(context: context, run: run, principal: principal, deadline: deadline)
        switch (request.content, request.format.form) {
        case (.sheets(let sheets), let form?): try work.stream(sheets[0].query, as: form, to: file)
        case (.sheets(let sheets), nil): try work.workbook(sheets, to: file)
        case (.receipts(let page), _): try work.receipts(page, request, to: file)
        }
        // What is asked from here on, whenever somebody wants the file, is whether its owner still has the rights that its row keeps.
        try work.checkRights()
        export.rights = Export.Rights(of: principal)
        // From here on the file is durable, and before here no field of the row names it.
        export.sha256 = try file.finish()
        (export.fileName, export.byteCount, export.rowCount) = (name, file.byteCount, run.progress.rowCount)
        try context.store.exports.settleExport(export) { if run.isCancelled { throw Problem(.queryCancelled, "the export was ended") } }
    }
}
