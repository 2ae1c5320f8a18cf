import Documents
import Ingest

/// What clients post, and what administrators put to say how it is read.
extension Door {
    static let documents: [Door] = [json, xml, csv, ndjson, typeFile, jsonSchema, xsd, pattern, xpath, contentType]

    private static let json = Door(
        name: "json", seeds: { DocumentSeeds.json },
        fuzz: { bytes in try DocumentTrial.read(bytes) { try DocumentTrial.reader.readJSON(bytes, $0) } })

    private static let xml = Door(
        name: "xml", seeds: { DocumentSeeds.xml }, fuzz: { bytes in try DocumentTrial.read(bytes) { try DocumentTrial.reader.readXML(bytes, $0) } })

    private static let csv = Door(
        name: "csv", seeds: { DocumentSeeds.csv },
        fuzz: { bytes in
            try DocumentTrial.read(bytes) { options in
                var options = options
                options.eachCountMax = 50
                return try DocumentTrial.reader.readCSV(bytes, options)
            }
        })

    private static let ndjson = Door(
        name: "ndjson", seeds: { [DocumentSeeds.json.prefix(3).joined(separator: [0x0D, 0x0A]).map { $0 }, Array("1\n\n \r\n2".utf8)] },
        fuzz: { bytes in
            var start = 0
            var end = 0
            while let line = NDJSONLines.next(in: bytes, from: &start) {
                precondition(line.lowerBound >= end && line.upperBound <= bytes.count && start > end, "lines overlap")
                precondition(!bytes[line].contains(0x0A), "a line holds its end")
                end = start - 1
            }
        })

    private static let typeFile = Door(
        name: "type-file", seeds: { BuiltInTypes.files.map { Array($0.json.utf8) } + [Array(DocumentSeeds.ruleType.utf8), Array(DocumentSeeds.csvType.utf8)] },
        fuzz: { bytes in
            let type = try DocumentType(json: Array(bytes))
            try DocumentTrial.tryAll(type)
        })

    private static let jsonSchema = Door(
        name: "json-schema", seeds: { DocumentSeeds.schemas.map { Array($0.utf8) } },
        fuzz: { bytes in
            let schema = try JSONSchema(Array(bytes), assertsFormat: true)
            for text in DocumentSeeds.values { _ = try schema.accepts(Array(text.utf8)) }
        })

    private static let xsd = Door(
        name: "xsd", seeds: { DocumentSeeds.xsds.map { Array($0.utf8) } },
        fuzz: { bytes in try DocumentTrial.tryAll(try DocumentType(json: Array(DocumentSeeds.xsdType.utf8), files: ["m.xsd": Array(bytes)])) })

    /// The first half of the input is a pattern, of an XSD and of a JSON Schema, the second a text for it.
    private static let pattern = Door(
        name: "pattern", seeds: { DocumentSeeds.patterns.map { Array(($0 + $0).utf8) } },
        fuzz: { bytes in
            let text = String(decoding: bytes[(bytes.count / 2)...], as: UTF8.self)
            let pattern = String(decoding: bytes[..<(bytes.count / 2)], as: UTF8.self)
            if let schema = try? JSONSchema(Array("{\"pattern\":\(DocumentTrial.quoted(pattern))}".utf8), assertsFormat: false) {
                _ = try schema.accepts(Array(DocumentTrial.quoted(text).utf8))
            }
            let xsd = DocumentSeeds.patternXSD.replacing("%", with: DocumentTrial.escaped(pattern))
            let type = try DocumentType(json: Array(DocumentSeeds.xsdType.utf8), files: ["m.xsd": Array(xsd.utf8)])
            try DocumentTrial.tryAll(type, Array("<m id=\"1\" at=\"2020-01-01T00:00:00Z\"><n>\(DocumentTrial.escaped(text))</n></m>".utf8))
        })

    private static let xpath = Door(
        name: "xpath", seeds: { DocumentSeeds.xpaths.map { Array($0.utf8) } },
        fuzz: { bytes in
            let path = DocumentTrial.quoted(String(decoding: bytes, as: UTF8.self))
            let json = DocumentSeeds.xpathType.replacing("%", with: path)
            try DocumentTrial.tryAll(try DocumentType(json: Array(json.utf8)))
        })

    private static let contentType = Door(
        name: "content-type", seeds: { ["text/xml; charset=\"utf-8\"", "application/xml;charset=windows-1251", "application/json"].map { Array($0.utf8) } },
        fuzz: { bytes in
            let header = String(decoding: bytes, as: UTF8.self)
            for form in [IntakeRequest.Form.json, .xml, .csv, .ndjson] {
                let kept = StoredContentType.text(form, header)
                precondition(StoredContentType.text(form, kept) == kept && kept.utf8.count < 48, "a content type of a client's own making: \(kept)")
            }
        })
}

/// Reads documents as a POST does, and holds what that cost against what it may.
enum DocumentTrial {
    /// All built-in types, and some with rules, schemas and CSV.
    static let reader: DocumentReader = {
        let registry = TypeRegistry()
        do {
            for file in BuiltInTypes.files { try registry.put(try DocumentType(json: Array(file.json.utf8))) }
            for text in [DocumentSeeds.ruleType, DocumentSeeds.csvType] { try registry.put(try DocumentType(json: Array(text.utf8))) }
        } catch {
            preconditionFailure("the door's own types: \(error)")
        }
        return DocumentReader(registry: registry)
    }()

    static let now: Int64 = 1_795_176_000_000_000

    static func read(_ bytes: UnsafeRawBufferPointer, _ body: (ReadingOptions) throws -> Documents.DocumentReading) throws {
        let allowance = WorkAllowance(byteCount: bytes.count)
        let before = allowance.left
        var options = ReadingOptions(now: now)
        options.allowance = allowance
        defer { precondition(allowance.left >= 0 && allowance.left <= before, "more work than there was") }
        let reading = try body(options)
        for result in reading.receipts {
            switch result {
            case .accepted(let receipt):
                let values = try receipt.type.layout.values(of: receipt.row)
                precondition(values.count == receipt.type.layout.fields.count, "a row of other columns")
            case .refused(let problem, _, _): precondition(!problem.detail.isEmpty, "a refusal without a reason")
            }
        }
    }

    /// One type over some documents.
    static func tryAll(_ type: DocumentType, _ documents: [UInt8]...) throws {
        let registry = TypeRegistry()
        try registry.put(type)
        let reader = DocumentReader(registry: registry)
        let seeds: [[UInt8]] =
            switch type.format {
            case .json: DocumentSeeds.json
            case .xml: DocumentSeeds.xml
            case .csv: DocumentSeeds.csv
            }
        for document in documents.isEmpty ? seeds : documents {
            try? document.withUnsafeBytes { bytes in
                try read(bytes) { options in
                    var options = options
                    options.type = type.name
                    switch type.format {
                    case .json: return try reader.readJSON(bytes, options)
                    case .xml: return try reader.readXML(bytes, options)
                    case .csv: return try reader.readCSV(bytes, options)
                    }
                }
            }
        }
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted += "\\" }
            if scalar.value < 0x20 { quoted += " " } else { quoted.unicodeScalars.append(scalar) }
        }
        return quoted + "\""
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;").replacing("\0", with: "")
    }
}
