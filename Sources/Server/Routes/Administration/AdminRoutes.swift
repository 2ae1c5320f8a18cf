internal import ColumnStore
internal import Documents
internal import Ingest

/// Work on the whole store.
enum AdminRoutes {
    static let all: [Route] = [
        Route(
            .post, "/v1/admin/compact", access: .admin, place: .control, body: .small,
            operation: Operation(
                "compact", "Moves hot files of UTC days before a day to cold now, and answers when done; with `wait` at the latest then.",
                parameters: [JobAnswer.waitParameter],
                body: [.json(#"{"type":"object","additionalProperties":false,"properties":{"before":{"type":["string","null"],"format":"date"}}}"#)],
                answers: [.init(200, "What was done.", [.of(CompactionBody.self)]), accepted], problems: [.diskFull], needsBody: false),
            uses: work, handle: compact),
        Route(
            .get, "/v1/audit", access: .audit, place: .control,
            operation: Operation(
                "audit", "Administrative acts, the newest first: who did what when, and what came of it.", parameters: ListPage.parameters,
                answers: [.init(200, "The acts.", [.of(ListBody<AuditBody>.self)])], problems: [.badCursor]),
            uses: { $0.store.audit }, handle: audit),
        Route(
            .get, "/v1/admin/audit", access: .audit, place: .control,
            operation: Operation(
                "adminAudit", "As /v1/audit, which see: the path of earlier versions.", parameters: ListPage.parameters,
                answers: [.init(200, "The acts.", [.of(ListBody<AuditBody>.self)])], problems: [.badCursor]),
            uses: { $0.store.audit }, handle: audit),
        Route(
            .post, "/v1/admin/backup", access: .admin, place: .control, body: .small,
            operation: Operation(
                "backup", "Copies the store, as it is at one instant, to a directory of the server's machine or a bucket; a later one into the same place copies what has changed. Answers when done; with `wait` at the latest then.",
                parameters: [JobAnswer.waitParameter],
                body: [.json(#"{"type":"object","required":["destination"],"additionalProperties":false,"properties":{"destination":{"type":"string","description":"An absolute path, or \#(StorageScheme.remoteForms); it is empty, not there, or has an earlier backup of this store."}}}"#)],
                answers: [.init(200, "The backup is complete, durable and read again.", [.of(BackupBody.self)]), accepted],
                problems: [.badParameter, .overloaded, .diskFull]),
            uses: work, handle: backup),
        Route(
            .post, "/v1/admin/verify", access: .admin, place: .control, body: .small,
            operation: Operation(
                "verify", "Proves every file of the store while it works, at low priority. Answers at once with the job; with `wait` at the latest then.",
                parameters: [JobAnswer.waitParameter], body: [.json(#"{"type":"object","additionalProperties":false,"properties":{"full":{"type":"boolean","default":false,"description":"Makes the sums of all cold files again, not of a sample of them."}}}"#)],
                answers: [.init(200, "What was found.", [.of(VerificationBody.self)]), accepted], problems: [.overloaded], needsBody: false),
            uses: work, handle: verify),
        Route(
            .post, "/v1/admin/move", access: .admin, place: .control, body: .small,
            operation: Operation(
                "move", "Moves cold tables to another place while the store works: a bucket, or a directory of the server's machine. What a move that was cut off has copied is not copied again. Answers at once with the job; with `wait` at the latest then. `storage.url` is to name the place from then on.",
                parameters: [JobAnswer.waitParameter],
                body: [.json(#"{"type":"object","required":["to"],"additionalProperties":false,"properties":{"to":{"type":["string","null"],"description":"\#(StorageScheme.remoteForms) or file:///path, empty or of this store; null: the store's own directory."}}}"#)],
                answers: [.init(200, "What was moved.", [.of(MoveBody.self)]), accepted], problems: [.badParameter, .overloaded, .diskFull]),
            uses: work, handle: move),
        Route(
            .post, "/v1/admin/rebuild", access: .admin, place: .control, body: .small,
            operation: Operation(
                "rebuild", "Fills a column, hot and cold, for documents that were stored before a version of their type had it, out of the documents. These, their sequences and states stay as they are; other work goes on. Answers at once with the job; with `wait` at the latest then. What a restart cuts off goes on after it.",
                parameters: [JobAnswer.waitParameter],
                body: [.json(#"{"type":"object","required":["table","column"],"additionalProperties":false,"properties":{"table":{"type":"string"},"column":{"type":"string","description":"A column that a type in force gives the table; a list by its name."}}}"#)],
                answers: [.init(200, "What was filled.", [.of(RebuildBody.self)]), accepted], problems: [.badParameter, .overloaded, .diskFull]),
            uses: work, handle: rebuild),
    ]

    private static func rebuild(_ call: Call, _ work: Work) throws -> Response? {
        let body = try call.object(members: ["table", "column"])
        func text(_ name: String) throws -> String {
            guard let text = body[name]?.text, !text.isEmpty else {
                throw Problem.parameter(name, "a name is wanted" + (body[name].map { ", not \(MemberReader.shown($0))" } ?? ""))
            }
            return text
        }
        let (store, jobs, table, column) = (work.store, work.jobs, try text("table"), try text("column"))
        return try JobAnswer.start(.rebuild, call, jobs, waiting: 0) { job in
            // The end of the server does not end it: it goes on at the next start.
            let summary = try store.rebuild(column: column, of: table, isCancelled: { job.isCancelled && !jobs.isStopping }) { summary in
                job.report(Job.Progress(done: summary.rowCount, unit: "documents", at: "\(summary.fileCount) files written anew"))
            }
            return RebuildBody(summary: summary).json()
        }
    }

    private static func move(_ call: Call, _ work: Work) throws -> Response? {
        let body = try call.object(members: ["to"])
        guard let value = body["to"], value == .null || value.text != nil else {
            throw Problem.parameter("to", "\(StorageScheme.remoteForms), file:///path or null is wanted" + (body["to"].map { ", not \(MemberReader.shown($0))" } ?? ""))
        }
        let (store, place) = (work.store, value.text)
        // At once: a job would only say so later.
        try store.checkMovable()
        return try JobAnswer.start(.move, call, work.jobs, waiting: 0) { job in
            do {
                let summary = try store.move(to: place, isCancelled: { job.isCancelled }) { byteCount, path in
                    job.report(Job.Progress(done: byteCount, unit: "bytes", at: path))
                }
                return MoveBody(summary: summary).json()
            } catch let error as SettingError {
                throw Problem.parameter("to", error.message)
            }
        }
    }

    private struct Work: Sendable {
        let store: any StoreMaintenance
        let jobs: JobTable
    }
    private static let work: @Sendable (CallParts) -> Work = { Work(store: $0.store.maintenance, jobs: $0.jobs) }

    private static let accepted = Operation.Answer(202, "It goes on; `Location` is the job's.", [.of(JobBody.self)])

    private static func audit(_ call: Call, _ trail: any AuditRecording) throws -> Response {
        let limit = try call.integer("limit", in: 1...10_000, default: 1_000)
        let page = try call.exchange.asManyAsFit(limit) { limit, room in try trail.audit(cursor: call.parameter("cursor"), limit: limit, hold: room.hold) }
        let body = ListBody(items: page.entries.map { AuditBody(entry: $0) }, nextCursor: page.nextCursor)
        return .json(body, reserving: 256 * page.entries.count + 64)
    }

    private static func backup(_ call: Call, _ work: Work) throws -> Response? {
        let body = try call.object(members: ["destination"])
        guard let destination = body["destination"]?.text, destination.hasPrefix("/") || StorageScheme.isRemote(destination), !destination.utf8.contains(0) else {
            let received = body["destination"].map { ", not \(MemberReader.shown($0))" } ?? ""
            throw Problem.parameter("destination", "an absolute path on the server's machine, or \(StorageScheme.remoteForms), is wanted\(received)")
        }
        let store = work.store
        return try JobAnswer.start(.backup, call, work.jobs, waiting: nil) { job in
            do {
                return BackupBody(destination: destination, summary: try store.backup(to: destination, isCancelled: { job.isCancelled })).json()
            } catch let error as SettingError {
                throw Problem.parameter("destination", error.message)
            }
        }
    }

    private static func compact(_ call: Call, _ work: Work) throws -> Response? {
        let before = try day(call)
        let store = work.store
        return try JobAnswer.start(.compact, call, work.jobs, waiting: nil) { job in
            CompactionBody(summary: try store.compact(before: before, isCancelled: { job.isCancelled })).json()
        }
    }

    private static func day(_ call: Call) throws -> Int32? {
        guard !call.request.body.isEmpty else { return nil }
        let body = try call.object(members: ["before"])
        guard let value = body["before"], value != .null else { return nil }
        guard let day = value.text.flatMap(CalendarText.day) else {
            throw Problem.parameter("before", "a date like 2026-11-20 is wanted, not \(MemberReader.shown(value))")
        }
        let tomorrow = Int32(CalendarText.now / 86_400_000_000) + 1
        guard day <= tomorrow else {
            throw Problem.parameter("before", "tomorrow, \(CalendarText.text(day: tomorrow)), is the latest, not \(MemberReader.shown(value))", code: "out-of-range")
        }
        return day
    }

    private static func verify(_ call: Call, _ work: Work) throws -> Response? {
        var makesAllSums = false
        if !call.request.body.isEmpty, let value = try call.object(members: ["full"])["full"], value != .null {
            guard case .boolean(let wanted) = value else { throw Problem.parameter("full", "true or false is wanted, not \(MemberReader.shown(value))") }
            makesAllSums = wanted
        }
        let (store, isFull) = (work.store, makesAllSums)
        return try JobAnswer.start(.verify, call, work.jobs, waiting: 0) { job in
            let report = try store.verify(temporaryDirectory: Environment["TMPDIR"] ?? "/tmp", makesAllSums: isFull, isCancelled: { job.isCancelled }) { progress in
                job.report(Job.Progress(done: progress.rowCount, unit: "receipts", at: progress.path))
            }
            guard !job.isCancelled else { throw Job.Cancelled() }
            return VerificationBody(report: report).json()
        }
    }
}
