import Documents
import TestSupport
import XCTest

/// Goal: an envelope that is read record by record is taken where it would be taken whole, and nowhere else. Method: envelopes at random, many with a byte of them changed; the readers of
/// whole documents say which of them are JSON and XML.
final class EnvelopeAgreementTests: XCTestCase {
    private struct Outcome {
        var records: [[UInt8]] = []
        /// Records that are none.
        var hasRefusals = false
        var error: String?
    }

    private func read(_ file: [UInt8], _ envelope: RecordEnvelope) -> Outcome {
        var stream = RecordStream(envelope)
        var outcome = Outcome()
        func take(_ record: StreamRecord) {
            switch record.content {
            case .whole(let bytes): outcome.records.append(Array(bytes))
            case .refused: outcome.hasRefusals = true
            }
        }
        do {
            try stream.add(file, take)
            try stream.finish(take)
        } catch let error as RecordFileError {
            outcome.error = "\(error.fault.code.rawValue): \(error.fault.detail)"
        } catch {
            outcome.error = "\(error)"
        }
        return outcome
    }

    private static func changed(_ file: [UInt8], _ scraps: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = file
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let scrap = scraps.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = scrap
        case 2: bytes.insert(scrap, at: place)
        default: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
        }
        return bytes
    }

    /// Holds `count` files, and as many that were changed, against who reads them whole.
    private func compare(
        _ count: Int, _ envelope: RecordEnvelope, scraps: String, make: (inout SplitMix64) -> (file: String, recordCount: Int), isWhole: ([UInt8]) -> Bool
    ) {
        let seed = SourceSeed.of("Sources/Documents/Records")
        var random = SplitMix64(state: seed)
        var (takenCount, refusedCount) = (0, 0)
        for _ in 0..<count {
            let (text, recordCount) = make(&random)
            let file = Array(text.utf8)
            XCTAssertTrue(isWhole(file), text)
            let outcome = read(file, envelope)
            XCTAssertNil(outcome.error, text)
            XCTAssertEqual(outcome.records.count, recordCount, text)
            let other = Self.changed(file, Array(scraps.utf8), &random)
            let found = read(other, envelope)
            // A path that leads nowhere now is a fault of another kind.
            let isTaken = found.error.map { $0.hasPrefix("invalid-document: no record") } ?? true && !found.hasRefusals && found.records.allSatisfy(isWhole)
            let isRight = isWhole(other)
            XCTAssertEqual(isTaken, isRight, "seed \(seed): \(String(decoding: other, as: UTF8.self).debugDescription): \(found.error ?? "taken")")
            if isRight { takenCount += 1 } else { refusedCount += 1 }
        }
        XCTAssertGreaterThan(takenCount, count / 20)
        XCTAssertGreaterThan(refusedCount, count / 4)
    }

    private static func list(_ range: ClosedRange<Int>, _ random: inout SplitMix64, _ make: (inout SplitMix64) -> String) -> [String] {
        (0..<Int.random(in: range, using: &random)).map { _ in make(&random) }
    }

    // MARK: JSON

    private static func value(_ depth: Int, _ random: inout SplitMix64) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: ["0", "-1.5e3", "12"].randomElement(using: &random) ?? "0"
        case 1: ["true", "false", "null"].randomElement(using: &random) ?? "null"
        case 2: #""a\"b\\""#
        case 3: #""\u0457]}""#
        case 4, 5: "\"ї\""
        case 6: "[" + list(0...2, &random) { value(depth - 1, &$0) }.joined(separator: ",") + "]"
        default: "{" + members("m", depth - 1, &random).joined(separator: " , ") + "}"
        }
    }

    /// Of names of their own.
    private static func members(_ name: String, _ depth: Int, _ random: inout SplitMix64) -> [String] {
        list(0...2, &random) { value(depth, &$0) }.enumerated().map { "\"\(name)\($0)\":" + $1 }
    }

    private func jsonEnvelope(_ path: String) throws -> RecordEnvelope {
        let json = #"{"name":"e","version":1,"format":"json","match":{"/x":"y"},"each":"\#(path)","receipt_id":"/id","issued_at":"/at","columns":{}}"#
        return try XCTUnwrap(RecordEnvelope(try DocumentType(json: Array(json.utf8)).file))
    }

    func test_json_isTakenWhereItIsTakenWhole() throws {
        let isWhole = { (bytes: [UInt8]) in bytes.withUnsafeBytes { (try? JSONReader().tape(of: $0)) != nil } }
        let scraps = "{}[],:\"\\ 0-etn.u\u{1}/"
        compare(4_000, try jsonEnvelope("/r"), scraps: scraps, make: { random in
            let records = Self.list(0...4, &random) { Self.value(2, &$0) }
            let head = Self.list(0...1, &random) { #""head":"# + Self.value(2, &$0) + "," }.joined()
            let tail = Self.list(0...1, &random) { #","tail":"# + Self.value(2, &$0) }.joined()
            return ("{" + head + "\"r\" : [" + records.joined(separator: ", ") + "]" + tail + "}", records.count)
        }, isWhole: isWhole)
        compare(4_000, try jsonEnvelope("/g/*/i/*"), scraps: scraps, make: { random in
            var count = 0
            let groups = Self.list(0...3, &random) { random in
                // The elements of an element that is an array would be records.
                let records = Self.list(0...3, &random) { Self.value(1, &$0) }.map { $0.hasPrefix("[") ? "7" : $0 }
                count += records.count
                let tail = Self.members("t", 1, &random).map { "," + $0 }.joined()
                return "{\"k\":" + Self.value(1, &random) + ",\"i\":[" + records.joined(separator: ",") + "]" + tail + "}"
            }
            return ("{\"g\":[" + groups.joined(separator: ",") + "],\"z\":" + Self.value(1, &random) + "}", count)
        }, isWhole: isWhole)
    }

    func test_json_withoutRecords_isNoFaultWhereTheyWouldStand() throws {
        let groups = try jsonEnvelope("/g/*/i/*")
        for file in [#"{"g":[]}"#, #"{"g":[{"i":[]}]}"#, #"{"g":[{"k":1},{"i":[]}]}"#] { XCTAssertNil(read(Array(file.utf8), groups).error, file) }
        for file in [#"{"g":[{"k":1}]}"#, #"{"g":{}}"#, #"{"h":[]}"#, "[]"] { XCTAssertEqual(read(Array(file.utf8), groups).error?.hasPrefix("invalid-document: no record"), true, file) }
    }

    // MARK: XML

    private static func content(_ depth: Int, _ random: inout SplitMix64) -> String {
        list(0...2, &random) { random in
            switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
            case 0: "text &amp; &#x457;"
            case 1: "<!-- a > b -->"
            case 2: "<![CDATA[<x>]] >]]>"
            case 3: "<?go a='>'?>"
            case 4: "<p:one a='1' p:b=\"&lt;>\"/>"
            case 5: " \n "
            case 6: "ї"
            case 7: "<q:more xmlns:q='urn:q' q:z=''>" + content(depth - 1, &random) + "</q:more>"
            default: "<other >" + content(depth - 1, &random) + "</other>"
            }
        }.joined()
    }

    private func xmlEnvelope(_ path: String) throws -> RecordEnvelope {
        let json = ##"{"name":"e","version":1,"format":"xml","namespaces":{"b":"urn:b"},"match":{"root":"{urn:b}Batch"},"each":"\##(path)","receipt_id":"b:Id","issued_at":"b:At","columns":{}}"##
        return try XCTUnwrap(RecordEnvelope(try DocumentType(json: Array(json.utf8)).file))
    }

    func test_xml_isTakenWhereItIsTakenWhole() throws {
        let isWhole = { (bytes: [UInt8]) in bytes.withUnsafeBytes { (try? XMLReader.read($0)) != nil } }
        let scraps = "<>/='\"&;!?-[]: ap\u{1}"
        for (path, hasGroups) in [("/b:Batch/b:Item", false), ("/b:Batch/b:Group/b:Item", true)] {
            compare(4_000, try xmlEnvelope(path), scraps: scraps, make: { random in
                var count = 0
                func items(_ random: inout SplitMix64) -> String {
                    Self.list(0...3, &random) { random in
                        count += 1
                        return Bool.random(using: &random) ? "<Item a='/>'>" + Self.content(2, &random) + "</Item>" : "<Item/>"
                    }.joined(separator: "\n")
                }
                let head = ["", "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "\n<!-- x -->"].randomElement(using: &random) ?? ""
                let open = "<Batch xmlns='urn:b' xmlns:p=\"urn:p\">" + (Bool.random(using: &random) ? "<Head>" + Self.content(1, &random) + "</Head>" : "")
                let middle = hasGroups ? Self.list(1...3, &random) { "<Group n='1'>" + items(&$0) + Self.content(1, &$0) + "</Group>" }.joined() : items(&random)
                return (head + open + middle + Self.content(1, &random) + "</Batch>" + (["", "\n", "<!-- end -->", "<?end?>"].randomElement(using: &random) ?? ""), count)
            }, isWhole: isWhole)
        }
    }

    func test_xml_faultsAroundRecords_areTold() throws {
        let items = try xmlEnvelope("/b:Batch/b:Group/b:Item")
        let open = "<Batch xmlns='urn:b'>"
        for (file, word) in [
            (open + "<Group><Item/></Group></Batch>tail", "text outside"), (open + "<Group><Item/></Group></Batch><![CDATA[]]>", "text outside"), (open + "<Group><Item/><x a=1/></Group></Batch>", "no XML"),
            (open + "<Group><Item/>&none;</Group></Batch>", "no XML"), (open + "<Group><Item/></Group junk></Batch>", "no XML"), (open + "<Group><Item/><q:x/></Group></Batch>", "no XML"),
            (open + "<Group><Item/></Group><!-- a -- b --></Batch>", "no XML"), (open + "<Group><Item/></Group><y></z></Batch>", "ends nothing"), (" <?xml version='1.0'?>" + open + "</Batch>", "no XML"),
        ] { XCTAssertEqual(read(Array(file.utf8), items).error?.contains(word), true, "\(file): \(read(Array(file.utf8), items).error ?? "taken")") }
        let root = try xmlEnvelope("//b:Item")
        XCTAssertEqual(read(Array("<Item xmlns='urn:b'/>".utf8), root).records.count, 1)
        XCTAssertEqual(read(Array("<Item xmlns='urn:b'/><Item xmlns='urn:b'/>".utf8), root).error?.contains("a second element"), true)
        for file in [open + "<Group/></Batch>", open + "<Group></Group></Batch>"] { XCTAssertNil(read(Array(file.utf8), items).error, file) }
        for file in [open + "</Batch>", open + "<Other/></Batch>"] { XCTAssertEqual(read(Array(file.utf8), items).error?.hasPrefix("invalid-document: no record"), true, file) }
    }
}
