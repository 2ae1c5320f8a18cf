internal import ColumnStore
import Glibc

private let client = Arguments.Option("client", "C", "Of this client; a key of a client's own needs none.")

/// Sends a file, and waits until each record of it is taken or refused.
enum UploadPutCommand: Command {
    static let name = "upload put"
    static let summary = "Uploads a file of documents, waits for its end, and tells what was refused, record by record."
    static let usage = ["FILE [--client C] [--type T] [--errors FILE] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options =
        [
            client, Arguments.Option("type", "T", "The document type of its records; else each is recognised by itself."),
            .init("errors", "FILE", "Where refused records go, a line of JSON each; else the first are shown."),
        ] + StoreAccess.options
    static var outcomes: Outcomes { Outcomes(done: "every record was taken, or had been before", failed: "the file or some record of it was refused; the others are taken") }

    private static let lookSeconds = 0.2
    private static let pause = Monitor(false)
    private static let shownCount = 10
    private static let pageCount = 1_000

    static func run(_ arguments: Arguments) throws -> Int32 {
        let path = try arguments.operand("a file")
        let file = try SentFile(path)
        let store = try StoreAccess(arguments)
        try ClientNeed.check(try arguments.one("client"), type: try arguments.one("type"), store)
        let errors = try arguments.one("errors").map { try PartialFile($0) }
        let id = try send(file, arguments, store.client)
        let upload = try ended(id, store.client)
        let refused = try tellRefused(id, upload, to: errors, store.client)
        try store.close()
        let counts = ["accepted", "replaced", "repeated", "rejected"].map { "\(upload[$0]?.integer ?? 0) \($0)" }.joined(separator: ", ")
        Terminal.tell("\(id) \(upload["state"]?.text ?? ""): \(counts)\n")
        if let problem = upload["problem"], problem != .null { Terminal.tellError("till: \(problem["detail"]?.text ?? problem.text ?? "the file cannot be read")\n") }
        return refused == 0 && upload["state"]?.text == "PROCESSED" ? ExitStatus.done : ExitStatus.failed
    }

    /// - Returns: the upload's id.
    private static func send(_ file: SentFile, _ arguments: Arguments, _ client: APIClient) throws -> String {
        var members: [JSONValue.Member] = [.init("name", .string(file.name)), .init("bytes", .integer(Int64(file.byteCount)))]
        if let type = try arguments.one("type") { members.append(.init("type", .string(type))) }
        let whose = try arguments.one("client").map { "?client=\(RequestTarget.encode($0))" } ?? ""
        let made = try APIClient.succeed(
            try client.call("POST", "/v1/uploads\(whose)", headers: [("Content-Type", "application/json")], body: JSONValue.object(members).serialized))
        let answer = try JSONParser.parse(made.body)
        guard let id = answer["upload_id"]?.text, let url = answer["url"]?.text, let place = url.firstRange(of: "/v1/uploads/") else {
            throw CommandError("the server's answer names no upload")
        }
        var bar = ProgressBar()
        _ = try APIClient.succeed(
            try client.send("PUT", String(url[place.lowerBound...]), byteCount: file.byteCount) {
                let piece = try file.next()
                bar.show(fraction: Double(file.position) / Double(max(1, file.byteCount)), count: file.position, unit: "bytes", isLast: piece.isEmpty)
                return piece
            })
        return id
    }

    private static func ended(_ id: String, _ client: APIClient) throws -> JSONValue {
        var bar = ProgressBar()
        while true {
            let upload = try JSONParser.parse(try APIClient.succeed(try client.call("GET", "/v1/uploads/\(id)")).body)
            let isOver = !["NEW", "PROCESSING"].contains(upload["state"]?.text ?? "")
            bar.show(fraction: nil, count: upload["processed"]?.integer ?? 0, unit: "records", isLast: isOver)
            if isOver { return upload }
            _ = pause.wait(seconds: lookSeconds) { $0 ? true : nil }
        }
    }

    /// - Returns: how many records were refused.
    private static func tellRefused(_ id: String, _ upload: JSONValue, to file: PartialFile?, _ client: APIClient) throws -> Int {
        let count = upload["rejected"]?.integer ?? 0
        if let file {
            try CursorWalk.each("errors", page: { try errors(id, limit: pageCount, $0, client) }) { records in
                for record in records { try file.write((record.serialized + [0x0A])[...]) }
                return true
            }
            try file.finish(sha256: nil)
        } else if count > 0 {
            for record in try errors(id, limit: shownCount, nil, client)["errors"]?.array ?? [] {
                for error in record["errors"]?.array ?? [] {
                    Terminal.writeError("record \(record["record"]?.integer ?? 0): \(APIClient.reasonText(error))\n")
                }
            }
            if count > shownCount { Terminal.tellError("… of \(count); till upload errors \(id) gives all\n") }
        }
        return count
    }

    private static func errors(_ id: String, limit: Int, _ cursor: String?, _ client: APIClient) throws -> JSONValue {
        let place = cursor.map { "&cursor=\(RequestTarget.encode($0))" } ?? ""
        return try JSONParser.parse(try APIClient.succeed(try client.call("GET", "/v1/uploads/\(id)/errors?limit=\(limit)\(place)")).body)
    }
}

enum UploadListCommand: ListCommand {
    static let name = "upload list"
    static let summary = "Lists the uploads, the newest first."
    static let isAtRest = true
    static let usage = ["[--client C] [--state PROCESSING] [--format table|json] [--limit N] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let ownOptions: [Arguments.Option] = [client, .init("state", "S", states.joined(separator: ", ") + ".")]
    private static let states = ["NEW", "PROCESSING", "PROCESSED", "ERROR", "CANCELLED", "REVERTED"]

    static func listing(_ arguments: Arguments) throws -> Listing {
        try arguments.noOperands()
        if let state = try arguments.one("state"), !states.contains(state) { throw UsageError.choice("--state", states, state) }
        return Listing(
            path: "/v1/uploads", parameters: try parameters(arguments, ["client", "state"]), member: "uploads",
            columns: ["upload_id", "client_id", "name", "type", "state", "accepted", "replaced", "repeated", "rejected", "created_at"])
    }
}

enum UploadErrorsCommand: ListCommand {
    static let name = "upload errors"
    static let summary = "Lists the records of an upload that were refused, each with its faults."
    static let isAtRest = true
    static let usage = ["UPLOAD [--format table|json] [--limit N] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]

    static func listing(_ arguments: Arguments) throws -> Listing {
        Listing(path: "/v1/uploads/\(RequestTarget.encode(try arguments.operand("an upload")))/errors", member: "errors", columns: ["record", "receipt_id", "errors"])
    }
}

enum UploadShowCommand: ItemCommand {
    static let name = "upload show"
    static let summary = "Shows an upload, and how far it is."
    static let isAtRest = true
    static let operand = "an upload"
    static let usage = ["UPLOAD [--format table|json] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("GET", try path("/v1/uploads", arguments)) }
}

enum UploadCancelCommand: ItemCommand {
    static let name = "upload cancel"
    static let summary = "Ends an upload; what it has given so far stays."
    static let operand = "an upload"
    static let usage = ["UPLOAD (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let ownOptions: [Arguments.Option] = []
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("DELETE", try path("/v1/uploads", arguments)) }
    static func done(_ arguments: Arguments) -> String { "cancelled \(arguments.operands[0])" }
}

enum UploadRevertCommand: ItemCommand {
    static let name = "upload revert"
    static let summary = "Takes an upload back: what it changed gets the version before it again."
    static let operand = "an upload"
    static let usage = ["UPLOAD [--format table|json] (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static func call(_ arguments: Arguments) throws -> (method: String, path: String) { ("POST", try path("/v1/uploads", arguments) + "/revert") }
}

/// A file on its way, of which no more than a piece is held.
private final class SentFile {
    let name: String
    let byteCount: Int
    private(set) var position = 0
    private let path: String
    private let descriptor: Int32
    private static let pieceByteCount = 1 << 18

    /// - Throws: `CommandError` for what is no plain file: its length would not be known.
    init(_ path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandError("open \(path): \(String(cString: strerror(errno)))") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw CommandError("\(path) is no plain file")
        }
        (self.path, byteCount) = (path, Int(status.st_size))
        name = path.split(separator: "/").last.map(String.init) ?? path
    }

    deinit { close(descriptor) }

    /// Empty at the end.
    func next() throws -> [UInt8] {
        let wanted = min(Self.pieceByteCount, byteCount - position)
        guard wanted > 0 else { return [] }
        var count = 0
        let piece = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            repeat { count = read(descriptor, buffer.baseAddress, wanted) } while count < 0 && errno == EINTR
            filled = max(count, 0)
        }
        guard count > 0 else { throw CommandError(count == 0 ? "\(path) became shorter while it was sent" : "read \(path): \(String(cString: strerror(errno)))") }
        position += count
        return piece
    }
}
