import Glibc
import TestSupport
import XCTest

@testable import Server

/// A client at the other end of a connection's socket: it says who it is by SCRAM, and asks.
final class ConnectedClient {
    /// All that is said up to ReadyForQuery.
    struct Answer {
        var rows: [[String?]] = []
        /// Of each error its fields, by their codes.
        var faults: [[Character: String]] = []
        var tags: [String] = []

        var states: [String] { faults.compactMap { $0["C"] } }
    }

    /// There is no more to read.
    struct Ended: Error {}

    private struct Message {
        let type: Character
        let body: WireReader
    }

    private let descriptor: Int32
    /// What has come and was not looked at.
    private var bytes: [UInt8] = []

    /// - Parameter descriptor: of a socket, which is closed with the client.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// From here on the server's writes fail.
    func stopReading() { XCTAssertEqual(shutdown(descriptor, HangupWatcher.reading), 0) }

    // MARK: Who it is

    /// All that a login says; what is answered to the last of it is not read.
    ///
    /// - Parameter beforeProof: done before that.
    func login(password: String, beforeProof: () -> Void = {}) throws {
        var writer = FrontendWriter()
        writer.startup([("user", ScramSecret.administrator)])
        try send(writer.bytes)
        _ = try authentication(10)
        let bare = "n=,r=client"
        let first = Array("n,,\(bare)".utf8)
        try say(FrontendWriter.text(Scram.plain) + FrontendWriter.integer(Int32(first.count)) + first)
        let challenge = try authentication(11)
        let parts = challenge.split(separator: ",").map { $0.dropFirst(2) }
        guard parts.count == 3 else { throw Ended() }
        let salt = try XCTUnwrap(ScramBase64.bytes(parts[1])), iterations = try XCTUnwrap(Int(parts[2]))
        let unproved = "c=biws,r=\(parts[0])"
        let signed = Array("\(bare),\(challenge),\(unproved)".utf8)
        let salted = Digest.derive(Array(password.utf8), salt: salt, iterations: iterations)
        let key = Digest.authenticate(Array("Client Key".utf8), key: salted)
        let proof = zip(key, Digest.authenticate(signed, key: Digest.sha256(key))).map { $0 ^ $1 }
        beforeProof()
        try say(Array("\(unproved),p=\(ScramBase64.text(proof))".utf8))
    }

    private func say(_ password: [UInt8]) throws {
        var writer = FrontendWriter()
        writer.write(.password(password))
        try send(writer.bytes)
    }

    /// The text of the message of authentication that has this number.
    private func authentication(_ number: Int32) throws -> String {
        let message = try next()
        var body = message.body
        XCTAssertEqual(message.type, "R")
        let found = try body.integer(Int32.self)
        XCTAssertEqual(found, number)
        return String(decoding: body.rest(), as: UTF8.self)
    }

    // MARK: What it asks

    func ask(_ text: String) throws -> Answer { try ask([.query(text)]) }

    /// - Parameter messages: the last one is answered by ReadyForQuery.
    func ask(_ messages: [FrontendMessage]) throws -> Answer {
        var writer = FrontendWriter()
        for message in messages { writer.write(message) }
        try send(writer.bytes)
        return try answer()
    }

    /// - Throws: `Ended` where the connection is over before.
    func answer() throws -> Answer {
        var answer = Answer()
        while true {
            let message = try next()
            var body = message.body
            switch message.type {
            case "Z": return answer
            case "C": answer.tags.append(try body.text())
            case "D":
                var row: [String?] = []
                for _ in 0..<Int(try body.integer(Int16.self)) { row.append(try body.value().map { String(decoding: $0, as: UTF8.self) }) }
                answer.rows.append(row)
            case "E": answer.faults.append(try Self.fields(&body))
            default: break
            }
        }
    }

    private static func fields(_ body: inout WireReader) throws -> [Character: String] {
        var fields: [Character: String] = [:]
        while true {
            let code = try body.byte()
            guard code != 0 else { return fields }
            fields[Character(UnicodeScalar(code))] = try body.text()
        }
    }

    // MARK: Bytes

    private func send(_ bytes: [UInt8]) throws {
        guard Glibc.send(descriptor, bytes, bytes.count, SocketFlag.noSignal) == bytes.count else { throw Ended() }
    }

    private func next() throws -> Message {
        while true {
            if bytes.count >= 5 {
                var reader = WireReader(bytes)
                let type = Character(UnicodeScalar(try reader.byte()))
                let length = Int(try reader.integer(Int32.self))
                if bytes.count > length {
                    let body = WireReader(Array(try reader.take(length - 4)))
                    bytes.removeFirst(length + 1)
                    return Message(type: type, body: body)
                }
            }
            bytes += try received()
        }
    }

    private func received() throws -> [UInt8] {
        let piece = Patience.value(pauseMilliseconds: 1) { () -> [UInt8]? in
            var room = [UInt8](repeating: 0, count: 16 << 10)
            let count = recv(descriptor, &room, room.count, SocketFlag.dontWait)
            if count < 0, errno == EAGAIN { return nil }
            return Array(room[..<max(0, count)])
        }
        guard let piece, !piece.isEmpty else { throw Ended() }
        return piece
    }
}
