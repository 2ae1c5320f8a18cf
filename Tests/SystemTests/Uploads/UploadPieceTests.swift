import Foundation
import TestSupport
import XCTest

/// Goal: a file comes in pieces by tus 1.0 and goes on where it broke. Method: every answer of the protocol by hand, and the client that others use (tuspy).
final class UploadPieceTests: UploadFixture {
    private let version = ("Tus-Resumable", "1.0.0")

    private func patch(_ path: String, _ piece: String, _ headers: [(String, String)]) throws -> HTTPClient.Answer {
        let own = headers.contains { $0.0 == "Content-Type" } ? [] : [("Content-Type", "application/offset+octet-stream")]
        return try running().client(key: nil).call("PATCH", path, headers: [version] + own + headers, body: Array(piece.utf8))
    }

    private func offset(_ path: String) throws -> String? {
        let answer = try running().client(key: nil).call("HEAD", path, headers: [version])
        XCTAssertEqual(answer.status, 200)
        XCTAssertEqual(answer.headers["cache-control"], "no-store")
        return answer.headers["upload-offset"]
    }

    func test_pieces_offsets_andSums() throws {
        let one = try running().client(key: try running().key("c1"))
        let file = Self.lines(1...3)
        let (id, path) = try announce(one, #"{"name":"a.ndjson","bytes":\#(file.utf8.count)}"#)
        let (head, rest) = (String(file.prefix(100)), String(file.dropFirst(100)))
        let place = String(head.utf8.count)
        XCTAssertEqual(try offset(path), "0")
        XCTAssertEqual(try patch(path, head, [("Upload-Offset", "0")]).status, 204)
        XCTAssertEqual(try offset(path), place)
        XCTAssertEqual(try running().client(key: nil).call("PUT", path, body: [1]).status, 422, "a file of another length")
        XCTAssertEqual(try running().client(key: nil).call("PUT", path, headers: [("Content-Encoding", "br")], body: Array(file.utf8)).status, 415)
        XCTAssertEqual(try offset(path), place, "a PUT that is refused takes nothing away")
        XCTAssertEqual(try patch(path, head, [("Upload-Offset", "0")]).status, 409, "that is here already")
        XCTAssertEqual(try patch(path, rest, [("Upload-Offset", "-1")]).status, 400)
        XCTAssertEqual(try patch(path, rest, [("Upload-Offset", "9223372036854775807")]).status, 409)
        XCTAssertEqual(try patch(path, rest, []).status, 400)
        XCTAssertEqual(try patch(path, rest, [("Upload-Offset", place), ("Content-Type", "text/csv")]).status, 415)
        for coding in ["br", "gzip", "zstd", "GZIP", "identity, gzip"] {
            XCTAssertEqual(try patch(path, rest, [("Upload-Offset", place), ("Content-Encoding", coding)]).status, 415, coding)
        }
        XCTAssertEqual(try offset(path), place, "of a piece in a coding nothing stays")
        XCTAssertEqual(try patch(path, rest, [("Upload-Offset", place), ("Upload-Checksum", "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=")]).status, 460)
        XCTAssertEqual(try patch(path, rest, [("Upload-Offset", place), ("Upload-Checksum", "crc32 AA==")]).status, 400)
        XCTAssertEqual(try offset(path), place, "of a piece with another sum nothing stays")
        XCTAssertEqual(try running().client(key: nil).call("PATCH", path, headers: [("Tus-Resumable", "0.2.2"), ("Upload-Offset", place)], body: [1]).status, 412)
        XCTAssertEqual(try patch(String(path.dropLast()), rest, [("Upload-Offset", place)]).status, 403)
        let last = try patch(path, rest, [("Upload-Offset", place), ("Content-Encoding", "identity")])
        XCTAssertEqual([last.headers["upload-offset"], last.headers["tus-resumable"]], [String(file.utf8.count), "1.0.0"])
        XCTAssertTrue(last.headers["upload-expires"]?.hasSuffix(" GMT") ?? false)
        XCTAssertEqual(counts(try ended(id, one)), [3, 3, 3, 0, 0, 0])
        XCTAssertEqual(try offset(path), String(file.utf8.count), "whose last answer was lost sees that all is here")
        XCTAssertEqual(try patch(path, rest, [("Upload-Offset", place)]).status, 409)
        let abilities = try running().client(key: nil).call("OPTIONS", path)
        XCTAssertEqual(abilities.status, 204)
        XCTAssertEqual(abilities.headers["tus-extension"], "checksum,expiration")
        let (_, unknown) = try announce(one, #"{"name":"a.ndjson"}"#)
        XCTAssertEqual(try patch(unknown, file, [("Upload-Offset", "0")]).status, 400, "its size was not announced")
        let (long, longPath) = try announce(one, #"{"name":"a.ndjson","bytes":10}"#)
        XCTAssertEqual(try patch(longPath, file, [("Upload-Offset", "0")]).status, 422)
        XCTAssertEqual(try object(try one.get("/v1/uploads/\(long)").body)["state"] as? String, "NEW")
        let (other, otherPath) = try announce(one, #"{"name":"a.ndjson","bytes":\#(file.utf8.count)}"#)
        let posted = try running().client(key: nil).call(
            "POST", otherPath,
            headers: [version, ("X-HTTP-Method-Override", "PATCH"), ("Upload-Offset", "0"), ("Content-Type", "application/offset+octet-stream")], body: Array(file.utf8))
        XCTAssertEqual(posted.status, 204)
        XCTAssertEqual(counts(try ended(other, one)), [3, 3, 0, 0, 3, 0])
    }

    /// A call that failed behind its last byte leaves its file so.
    func test_fileThatIsHereWhole_isReadOnceHEADSaysSo() throws {
        let server = try running()
        let one = server.client(key: try server.key("c1"))
        let file = Self.lines(1...3)
        let folder = server.data.appendingPathComponent("uploads")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (id, path) = try announce(one, #"{"name":"a.ndjson","bytes":\#(file.utf8.count)}"#)
        try Data(file.utf8).write(to: folder.appendingPathComponent(id))
        XCTAssertEqual(try offset(path), String(file.utf8.count))
        XCTAssertEqual(counts(try ended(id, one)), [3, 3, 3, 0, 0, 0])
        let hash = String(repeating: "0", count: 64)
        let (other, otherPath) = try announce(one, #"{"name":"a.ndjson","bytes":\#(file.utf8.count),"sha256":"\#(hash)"}"#)
        try Data(file.utf8).write(to: folder.appendingPathComponent(other))
        XCTAssertEqual(try offset(otherPath), "0", "it is another file than announced")
        XCTAssertEqual(try object(try one.get("/v1/uploads/\(other)").body)["state"] as? String, "NEW")
        let (empty, emptyPath) = try announce(one, #"{"name":"a.ndjson","bytes":0}"#)
        for _ in 0..<2 { XCTAssertEqual(try offset(emptyPath), "0") }
        XCTAssertEqual(counts(try ended(empty, one)), [0, 0, 0, 0, 0, 0])
    }

    func test_tuspy_goesOnWhereItBroke() throws {
        let server = try running()
        let one = server.client(key: try server.key("c1"))
        let file = server.data.deletingLastPathComponent().appendingPathComponent("a.ndjson")
        let text = Self.lines(1...2_000)
        try Data(text.utf8).write(to: file)
        let (id, path) = try announce(one, #"{"name":"a.ndjson","bytes":\#(text.utf8.count)}"#)
        let program = """
            import sys
            from tusclient import client
            url, file = sys.argv[1], sys.argv[2]
            first = client.TusClient(url).uploader(file, url=url, chunk_size=50000, upload_checksum=True)
            first.upload_chunk(); first.upload_chunk()
            second = client.TusClient(url).uploader(file, url=url, chunk_size=70000)
            print(second.offset); second.upload(); print(second.offset)
            """
        let run = try Subprocess(Project.root.appendingPathComponent(".venv/bin/python").path, ["-c", program, server.url + path, file.path])
        XCTAssertEqual(run.text, "100000\n\(text.utf8.count)\n", run.error)
        XCTAssertEqual(counts(try ended(id, one)), [2_000, 2_000, 2_000, 0, 0, 0])
    }
}
