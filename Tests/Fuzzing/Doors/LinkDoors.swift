import Foundation
import Ingest
@testable import Server
import TestSupport

/// What comes before anybody has shown who he is: to the port of a cluster's members, and as files that TLS is set up by; and a request's head as it goes on to the node that leads.
extension Door {
    static let links: [Door] = [greeting, passedHead, certificate, icebergCalls]

    /// The first frame of a connection to `cluster.listen`, as this version's, another's or a refusal.
    private static let greeting = Door(
        name: "greeting",
        seeds: {
            [
                "till-pair 1\na\nb\nhttps://a.example#http://10.0.0.1:8080\ncheckpoints\nstore \(String(repeating: "0a", count: 16))\nprocess 18446744073709551615\n", "till-pair 1\nb\na\nhttp://h\n", "till-pair 2\na\nb\n",
                "till-pair 1\na\nb\nhttp://h\ncheckpoint\nstore none\n", "refused two processes say that they are node a",
            ].map { Array($0.utf8) }
        },
        words: { ["till-pair 1\n", "till-pair 999999\n", "checkpoints\n", "checkpoint\n", "store none\n", "store ", "process ", "#", "refused "] },
        fuzz: { bytes in
            let bytes = Array(bytes)
            if let reason = PeerDoor.refusal(bytes) { precondition(!reason.contains("\n"), "a refusal of two lines") }
            if let strange = StrangeGreeting(bytes) { precondition(strange.version != StrangeGreeting.own && !strange.words.contains("\n"), "words of two lines") }
            guard let greeting = PeerDoor.Greeting(bytes) else { return }
            precondition(StrangeGreeting(bytes) == nil, "a greeting of two versions")
            // Its frame: the length before it.
            guard let again = PeerDoor.Greeting(Array(greeting.bytes.dropFirst(4))) else {
                // Written anew it may be longer than one may be.
                precondition(greeting.bytes.count > PeerDoor.Greeting.byteCountMax, "a greeting that was written cannot be read")
                return
            }
            precondition(again == greeting, "a greeting is written as another")
        })

    // MARK: A request that goes on

    /// Fields of a head as they came, one a line behind the method and the target: however odd, what goes on is one head that ends at its end.
    private static let passedHead = Door(
        name: "passed-head",
        seeds: {
            [
                "POST\n/v1/receipts?x=%20\nHost: h\nConnection: keep-alive, X-Mine\nX-Mine: 1\nTransfer-Encoding: chunked\nContent-Length: 7\nAuthorization: Bearer k\nTill-Passed: a", "GET\nhttp://h/v1/x?a\nTE: trailers\nUpgrade: h2c\nAccept: */*",
                "PUT\n*\nconnection: Content-Type,,\ncontent-type: é",
            ].map { Array($0.utf8) }
        },
        words: { ["Connection: ", "Content-Length: ", "Transfer-Encoding: ", "Till-Passed: ", "content-length", "GET\n", "POST\n", "/v1/sql", ", "] },
        fuzz: { bytes in
            // A line's end, and what ends a text, the listener takes in no field.
            let lines = bytes.filter { $0 != 0x0D && $0 != 0 }.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
            guard lines.count >= 2 else { return }
            let fields = lines.dropFirst(2).compactMap { line -> (name: String, value: [UInt8])? in
                guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0, line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
                return (String(decoding: line[..<colon], as: UTF8.self), Array(line[(colon + 1)...].drop { $0 == 0x20 }))
            }
            guard lines[1].allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return }
            let request = Request(method: String(decoding: lines[0], as: UTF8.self), target: RequestTarget(lines[1]), headers: NoFields())
            guard let head = PassedHead(request, fields: fields, node: "b") else { return }
            for count in [0, 12] {
                let text = head.bytes(bodyByteCount: count)
                let ends = text.indices.dropLast(3).filter { text[$0] == 0x0D && text[$0 + 1] == 0x0A && text[$0 + 2] == 0x0D && text[$0 + 3] == 0x0A }
                precondition(ends == [text.count - 4], "a head that ends before its end")
                let names = String(decoding: text, as: UTF8.self).components(separatedBy: "\r\n").dropFirst().map { $0.prefix { $0 != ":" }.lowercased() }
                precondition(names.filter { $0 == "content-length" }.count <= 1 && names.filter { $0 == "till-passed" }.count == 1, "a length, or a mark, that is said twice")
                precondition(!names.contains("transfer-encoding") && !names.contains("connection"), "what is of one connection goes on")
            }
        })

    private struct NoFields: HeaderSource {
        func header(_ name: StaticString) -> String? { nil }
    }

    // MARK: TLS

    /// A chain, a line `====`, its key: as they are read at the start and on SIGHUP, and by members for each connection.
    private static let certificate = Door(
        name: "certificate",
        seeds: {
            let folder = try TestCertificate.write()
            defer { _ = Result { try FileManager.default.removeItem(at: folder) } }
            let chain = [UInt8](try Data(contentsOf: folder.appendingPathComponent("cert.pem")))
            let key = [UInt8](try Data(contentsOf: folder.appendingPathComponent("key.pem")))
            let mark = Array("====\n".utf8)
            return [chain + mark + key, chain + chain + mark + key, key + mark + chain]
        },
        words: { ["-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\n", "====\n"] },
        fuzz: { bytes in
            let text = Array(bytes)
            let mark = Array("====\n".utf8)
            let end = text.indices.first { text[$0...].starts(with: mark) } ?? text.endIndex
            let (chain, key) = (Array(text[..<end]), Array(text[end...].dropFirst(mark.count)))
            _ = Result { try LinkCredentials.check(authority: chain) }
            _ = try ServerCertificate(chain: chain, key: key).endPointBinding
            _ = try TLSIdentity(chain: chain, key: key)
            _ = try LinkCredentials(chain: chain, key: key, authority: chain)
        })

    // MARK: Iceberg's catalog

    private static let icebergRoutes = IcebergRoutes.all

    /// Calls of the REST catalog and of the token endpoints before it, each with parts, parameters and bodies that fit or do not: no 500, and nobody sees what is another's.
    private static let icebergCalls = Door(
        name: "iceberg-calls",
        seeds: { (0..<icebergRoutes.count).map { index in [UInt8(index)] + (0..<20).map { (place: Int) -> UInt8 in UInt8(truncatingIfNeeded: index &* 23 &+ place &* 11) } } },
        words: { ["grant_type=client_credentials", "client_id=c1", "client_secret=", "scope=catalog", "%1F", "receipts", "till", "snapshots=refs", "pageToken=", "pageSize=", "parent="] },
        fuzz: { bytes in
            var choices = Choices(bytes)
            let store = try ServedStore.shared.get()
            try store.furnish()
            let client = HTTPClient(port: store.listener.port)
            for _ in 0..<1 + choices.below(3) {
                let route = choices.pick(icebergRoutes)
                var path = ""
                for segment in route.path.split(separator: "/") {
                    path += "/" + (segment.hasPrefix("{") ? RequestTarget.encode(choices.pick(["till", "receipts", "taxed", "till\u{1F}x", "..", "", "é", String(repeating: "x", count: 300)])) : String(segment))
                }
                let query = choices.pick(["", "?snapshots=refs", "?snapshots=all", "?snapshots=x", "?pageSize=-1", "?pageSize=9223372036854775808&pageToken=AA", "?parent=till%1Fa", "?warehouse=x&%00=1"])
                let key = choices.pick([ServedStore.adminKey, ServedStore.keys[0], ServedStore.keys[1], nil])
                var headers: [(String, String)] = key.map { [("Authorization", "Bearer \($0)")] } ?? []
                if choices.byte() % 4 == 0 { headers.append(("Authorization", "Basic \(Data(choices.bytes(choices.below(24))).base64EncodedString())")) }
                var body: [UInt8]?
                if [.post, .put, .patch].contains(route.method) {
                    headers.append(("Content-Type", choices.pick(["application/x-www-form-urlencoded", "application/json"])))
                    let form = "grant_type=\(choices.pick(["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "%zz"]))&client_id=\(choices.pick(["c1", "", "%00"]))&client_secret=\(choices.pick([ServedStore.keys[0], "x", "%"]))"
                    body = Array(form.utf8) + choices.bytes(choices.below(8))
                }
                let answer: HTTPClient.Answer
                do { answer = try client.call(route.method.rawValue, path + query, headers: headers, body: body) } catch { preconditionFailure("\(route.method.rawValue) \(path)\(query): \(error)") }
                precondition(answer.status != 500 && answer.status < 510, "the catalog fails: \(route.method.rawValue) \(path)\(query): \(answer.status) \(answer.text.prefix(600))")
                precondition(key == ServedStore.adminKey || key == ServedStore.keys[0] || !answer.text.contains(ServedStore.secretOfFirst), "\(path)\(query) shows what is another's")
            }
        })
}
