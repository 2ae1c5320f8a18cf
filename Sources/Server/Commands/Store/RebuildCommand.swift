internal import ColumnStore

/// Fills a column for documents that were stored before their type had it.
enum RebuildCommand: Command {
    static let name = "rebuild"
    static let summary = "Fills a column of a table for documents that came before their type had it."
    static let usage = ["--table T --column C (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options =
        [Arguments.Option("table", "T", "The table."), Arguments.Option("column", "C", "A column that a type in force gives it; a list by its name.")]
        + StoreAccess.options

    static var outcomes: Outcomes {
        Outcomes(
            done: "every document that can be read has given the column its value",
            failed: "there is no such column, or files are left as they were: with --url the server goes on with them")
    }

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        var body = JSONWriter()
        body.beginObject()
        body.member("table", try arguments.required("table"))
        body.member("column", try arguments.required("column"))
        body.endObject()
        let store = try StoreAccess(arguments)
        let result = try JobRun(client: store.client).run("/v1/admin/rebuild", body: body.bytes) { "\($0.done) documents read, \($0.place)" }
        try store.close()
        func figure(_ name: String) -> Int { result[name]?.integer ?? 0 }
        var text = "read \(figure("documents")) documents again, \(figure("files")) files written anew\n"
        if figure("unreadable") > 0 { text += "\(figure("unreadable")) documents do not give the column: it is NULL\n" }
        if figure("files_left") > 0 { text += "\(figure("files_left")) files are left as they were: the log says why\n" }
        Terminal.write(text)
        return figure("files_left") == 0 ? ExitStatus.done : ExitStatus.failed
    }
}
