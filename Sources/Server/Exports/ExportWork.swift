internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// One export on its way into its file: one state of the store for all of it, one time for all of it.
struct ExportWork {
    let context: DoorContext
    let run: ExportQueue.Run
    let principal: Principal
    /// On the steady clock.
    let deadline: Double

    /// What ends the next query of the export: its own end, or what is left of the one time that all of them share.
    ///
    /// - Throws: `Job.Cancelled` where it was ended; `query-timeout` once no time is left.
    private func cancellation() throws -> Cancellation {
        if run.isCancelled { throw Job.Cancelled() }
        let left = deadline - SteadyClock.seconds()
        guard left > 0 else { throw Problem(.queryTimeout, "the export takes longer than limits.stream_time allows") }
        return Cancellation(timeLimitSeconds: left, of: "limits.stream_time")
    }

    /// Asked before each piece: what the owner may not see any more is not written, as nothing of it is sent to whoever has it streamed.
    ///
    /// What the contract may post, or do beside asking, shows in no export.
    ///
    /// - Throws: `contract-not-valid`; `unauthenticated` where the key that asked was revoked; `role-not-allowed` where the contract may see less than when the export began.
    func checkRights() throws {
        do {
            let present = try ExportMaker.principal(of: run.export, context.store.credentials)
            guard present.seesAll(of: principal) else {
                throw Problem(.roleNotAllowed, "the contract may see less than when the export began: ask for it again")
            }
        } catch let denial as Denial {
            throw denial.problem
        }
    }

    /// Runs `body` over an answer that has begun, and lets go of it whatever `body` does.
    ///
    /// A query's answer, whose stream a stop can end.
    ///
    /// - Parameter fraction: how much of the whole export is done as this query begins, from 0 to 1.
    private func answer<Result>(
        _ request: SQLRequest, _ catalog: any QueryCatalog, now: Int64, fraction: Double, _ body: (SQLRunner, SQLRunner.Started) throws -> Result
    ) throws -> Result {
        let question = QueryContext(catalog: catalog, parameters: request.parameters, timeZone: request.timeZone, now: now)
        let runner = SQLRunner(engine: context.queries.engine)
        // It is seen among those that run, and can be ended there too.
        let watch = try QueryWatch(context.queries, try RunningQuery(id: nil, asker: principal, text: request.query), whenGone: { _ in })
        defer { watch.end() }
        do {
            let answer = try runner.start(request, in: question, cancellation: try cancellation()) { stream in
                watch.begin(stream)
                run.begin(stream, fraction: fraction)
            }
            defer {
                // First forgotten, then ended: whoever cancels the run from here on reaches no stream of a query that is over.
                run.begin(nil, fraction: fraction)
                answer.stream.cancel()
            }
            return try body(runner, answer)
        } catch {
            throw watch.explained(error)
        }
    }

    /// In seconds, between two looks whether there is room by now.
    private static let pauseSeconds = 0.25

    /// Asks for memory of the owner's, and waits where its requests hold all that they may: they end, and an export has time.
    ///
    /// - Throws: `too-large` for what is never had; once the export was ended, or its time is over, as `cancellation`.
    private func take(_ byteCount: Int, of memory: AnswerMemory) throws {
        while true {
            do throws(Problem) {
                return try memory.set(byteCount)
            } catch {
                guard error.slug == .overloaded else { throw error }
            }
            _ = try cancellation()
            guard context.exports.pause(seconds: Self.pauseSeconds) else {
                // The stop that has ended the pause is about to do the same: it is made again after the next start.
                run.cancel()
                throw Job.Cancelled()
            }
        }
    }

    func stream(_ request: SQLRequest, as form: SQLForm, to file: ExportFile) throws {
        let (catalog, _) = try context.queries.catalog(as: principal, upTo: nil)
        let memory = AnswerMemory(context.admission.ledger, of: principal)
        try answer(request, catalog, now: CalendarText.now, fraction: 0) { runner, answer in
            try runner.write(answer, as: form, hold: { try take($0, of: memory) }, counting: { run.add($0) }) { bytes in
                try checkRights()
                try file.write(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
    }

    /// One catalog and one instant for all sheets: what one says of the store agrees with what another says.
    func workbook(_ sheets: [ExportRequest.Sheet], to file: ExportFile) throws {
        let (catalog, _) = try context.queries.catalog(as: principal, upTo: nil)
        let now = CalendarText.now
        let book = try WorkbookFile(path: file.path, space: context.queries.engine.spillSpace.of(principal.spillOwner))
        for (index, sheet) in sheets.enumerated() {
            try answer(sheet.query, catalog, now: now, fraction: Double(index) / Double(sheets.count)) { runner, answer in
                try runner.write(answer, asSheet: sheet.name, of: book) { count in
                    try checkRights()
                    run.add(count)
                }
            }
        }
        _ = try book.finish()
        try file.takeWhole()
    }

    // MARK: Receipts

    /// A page is in memory at a time. Its cursor has the state of the store in it, so that later pages see what the first one saw.
    ///
    /// Pages of one walk, whose members are fixed when it begins.
    func receipts(_ request: PageRequest, _ export: ExportRequest, to file: ExportFile) throws {
        var writer: (any ReceiptFileWriter)?
        var columns: WalkColumns?
        var request = request
        let memory = AnswerMemory(context.admission.ledger, of: principal)
        repeat {
            _ = try cancellation()
            try checkRights()
            let page = try page(request, memory)
            let own = try writer ?? Self.writer(export, page.schema, file, context.queries.engine.spillSpace.of(principal.spillOwner))
            let first = columns ?? WalkColumns(page)
            (writer, columns) = (own, first)
            try own.add(first.shaped(page))
            run.add(page.batches.reduce(0) { $0 + $1.rowCount })
            request.cursor = page.nextCursor
        } while request.cursor != nil
        try writer?.finish()
    }

    /// As many rows of a page as there is ever room for, as they are and as text beside it.
    ///
    /// Of a single row no more is held than may be: else it would be in no file.
    private func page(_ request: PageRequest, _ memory: AnswerMemory) throws -> Page {
        var request = request
        while true {
            var isTooLong = false
            func room(_ byteCount: Int) throws {
                isTooLong = byteCount > memory.byteCountMax
                try take(request.limit == 1 ? min(byteCount, memory.byteCountMax) : byteCount, of: memory)
            }
            do {
                let page = try context.store.rows.page(request, as: principal, hold: room)
                try room(ReceiptPage.heldByteCount(page).addingSaturating(ReceiptPage.textByteCountMax(page)))
                return page
            } catch {
                guard isTooLong, request.limit > 1 else { throw error }
                request.limit = max(1, request.limit / Self.fewerRows)
            }
        }
    }

    /// As pages of lists have it: a text may have six times the bytes of what it is made of, which is there beside it.
    private static let fewerRows = 8

    /// The columns are the first page's.
    private static func writer(_ export: ExportRequest, _ schema: Schema, _ file: ExportFile, _ space: SpillSpace) throws -> any ReceiptFileWriter {
        let columns = schema.fields.map { ResultColumn(name: $0.name, type: $0.type) }
        switch export.format.form {
        case nil: return try BookFileWriter(WorkbookFile(path: file.path, space: space), export.name, columns, file)
        case .lines: return LineFileWriter(file: file)
        case .some(let form): return try EncodedFileWriter(form.encoder(columns, compression: .zstd), file)
        }
    }
}
