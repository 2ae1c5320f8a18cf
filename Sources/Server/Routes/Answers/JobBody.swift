internal import Documents
internal import Ingest

/// How a job stands.
struct JobBody: ListItem, JSONObject {
    let job: Job

    static var schemaName: String? { "Job" }
    static var listName: StaticString { "jobs" }
    static var listSchemaName: String { "JobList" }
    static var example: JobBody { JobBody(job: Job(id: "", kind: .verify, actor: "")) }

    func members(to sink: inout some MemberSink) {
        let standing = job.standing
        sink.member("id", job.id)
        sink.member("kind", WordForm(job.kind))
        sink.member("state", WordForm(standing.state))
        sink.member("actor", job.actor)
        sink.member("created_at", InstantForm(job.createdAt))
        sink.member("started_at", standing.startedAt.map { InstantForm($0) })
        sink.member("ended_at", standing.endedAt.map { InstantForm($0) })
        sink.member("progress", standing.progress.map { ProgressBody(progress: $0) })
        sink.member(
            "result", standing.result.map { Verbatim<AnyObjectForm>($0) },
            MemberFacts("What the call answers when it waits: Compaction, Backup or Verification."))
        sink.member("problem", standing.problem.map { ProblemBody($0) })
    }
}

private struct ProgressBody: JSONObject {
    let progress: Job.Progress

    static var example: ProgressBody { ProgressBody(progress: .init(done: 0, unit: "", at: "")) }

    func members(to sink: inout some MemberSink) {
        sink.member("done", progress.done)
        sink.member("unit", progress.unit)
        sink.member("at", progress.at)
    }
}
