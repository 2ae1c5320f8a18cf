internal import ColumnStore
internal import Documents
internal import Ingest

/// Long administrative work, while it runs and after.
enum JobRoutes {
    private static let id = Operation.Parameter.path("id", "The job's id.")

    static let all: [Route] = [
        Route(
            .get, "/v1/admin/jobs", access: .admin,
            operation: Operation(
                "jobs", "The jobs of this run of the server, the newest first: those that wait and run, and the last hundred that ended.",
                parameters: ListPage.parameters, answers: [.init(200, "They.", [.of(ListBody<JobBody>.self)])], problems: [.badCursor]),
            uses: { $0.jobs }, handle: list),
        Route(
            .get, "/v1/admin/jobs/{id}", access: .admin, place: .control,
            operation: Operation(
                "job", "How a job stands.", parameters: [id, JobAnswer.waitParameter], answers: [.init(200, "So.", [.of(JobBody.self)])],
                problems: [.notFound]),
            uses: { $0.jobs }, handle: one),
        Route(
            .delete, "/v1/admin/jobs/{id}", access: .admin, place: .control,
            operation: Operation(
                "cancelJob", "Ends a job: one that waits is dropped, one that runs ends at the next piece of its work. What a compaction has moved until then stays so, and an earlier backup is as it was.",
                parameters: [id], answers: [.init(204, "It was asked to end.")], problems: [.notFound, .diskFull]),
            uses: { $0.jobs }, handle: cancel),
    ]

    private static func list(_ call: Call, _ table: JobTable) throws -> Response {
        let page = try ListPage(call)
        var left = table.all[...]
        // What was forgotten meanwhile was older than all that is left.
        if let after = try page.after(fieldCount: 1)?.text(at: 0) { left = left.drop { $0.id != after }.dropFirst() }
        let jobs = left.prefix(page.limit)
        let next = left.count > jobs.count ? jobs.last.map { page.cursor([Array($0.id.utf8)]) } : nil
        return .json(ListBody(items: jobs.map { JobBody(job: $0) }, nextCursor: next), reserving: 512 * jobs.count + 64)
    }

    private static func find(_ call: Call, _ table: JobTable) throws -> Job {
        guard let job = table.job(call.path("id")) else {
            throw Problem(.notFound, "there is no job \(MemberReader.shown(call.path("id"))): a restart forgets them, and so do a hundred later ones; /v1/audit says what came of each")
        }
        return job
    }

    private static func one(_ call: Call, _ table: JobTable) throws -> Response? {
        let job = try find(call, table)
        let wait = try call.integer("wait", in: 0...JobAnswer.waitMax, default: 0)
        let answer: @Sendable (Job) -> Response = { .json(JobBody(job: $0)) }
        if wait == 0 || job.standing.state.isFinal { return answer(job) }
        JobAnswer.wait(for: job, call, try call.rights(), seconds: Double(wait), answer: answer)
        return nil
    }

    private static func cancel(_ call: Call, _ table: JobTable) throws -> Response {
        table.cancel(try find(call, table))
        return .noContent
    }
}
