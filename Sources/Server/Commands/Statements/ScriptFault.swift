/// A place in a file of statements.
struct ScriptPlace {
    let path: String
    /// From 1: the line that ended what runs.
    var line = 0

    /// With a slash at its end: `\ir` counts from there.
    var folder: String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }
}

/// What failed in a file of statements, with the file and the line: `load.sql:12: …`, as psql and compilers write it.
struct ScriptFault: Error, CustomStringConvertible {
    let description: String

    init(_ error: any Error, at place: ScriptPlace) { description = "\(place.path):\(place.line): \(ErrorText.describe(error))" }
}
