internal import ColumnStore

/// What a type makes of documents, as lines of JSON: `till type check`.
///
/// Reads with a registry that has this type alone, by the way that a POST takes: what it accepts a store would accept, but for limits and for
/// types beside it. Stores nothing.
package struct TypeChecker {
    /// `ndjson` is a document for each line.
    package enum Input: Sendable { case document, ndjson }

    private let type: DocumentType
    private let reader: DocumentReader
    private let now: Int64

    /// - Parameter now: microseconds since 1970: what `issued_at` is held against.
    /// - Throws: what `TypeRegistry.put` throws.
    package init(type: DocumentType, now: Int64) throws(TypeFileError) {
        self.type = type
        self.now = now
        let registry = TypeRegistry()
        try registry.put(type)
        reader = DocumentReader(registry: registry)
    }

    /// A line for each receipt of `document`, in order, and whether any has errors.
    ///
    /// A type with `match` is asked as a POST would ask it; one without is applied as `?type=` would.
    ///
    /// - Parameter file: its name, for the lines.
    package func check(file: String, _ document: [UInt8], as input: Input = .document) -> (lines: [String], hasErrors: Bool) {
        var options = ReadingOptions(type: type.file.hasMatch ? nil : type.name, now: now)
        options.documentByteCountMax = 64 << 20
        options.batchCountMax = options.eachCountMax
        var results: [ReceiptResult] = []
        let pieces: [ArraySlice<UInt8>] = input == .ndjson ? NDJSONLines.lines(document).map { document[$0] } : [document[...]]
        for piece in pieces {
            do {
                let bytes = Array(piece)
                switch type.format {
                case .json: results += try reader.readJSON(bytes, options).receipts
                case .xml: results += try reader.readXML(bytes, options).receipts
                case .csv: results += try reader.readCSV(bytes, options).receipts
                }
            } catch let problem as Fault {
                results.append(.refused(problem, type: nil, document: .own([])))
            } catch {
                results.append(.refused(Fault(.internalError, "\(error)"), type: nil, document: .own([])))
            }
        }
        var lines: [String] = []
        var hasErrors = false
        for (index, result) in results.enumerated() {
            // By hand, so that members keep their order.
            let head = "{\"file\":\(JSONForm.quoted(file)),\"index\":\(index),"
            switch result {
            case .accepted(let receipt): lines.append(head + "\"columns\":\(Self.columns(of: receipt))}")
            case .refused(let problem, _, _):
                hasErrors = true
                lines.append(head + "\"errors\":[\(Self.errors(of: problem).joined(separator: ","))]}")
            }
        }
        return (lines, hasErrors)
    }

    /// A fault without violations is one.
    private static func errors(of problem: Fault) -> [String] {
        let violations = problem.errors.isEmpty ? [.init(pointer: "", code: problem.code.rawValue, message: problem.detail)] : problem.errors
        return violations.map { violation in
            "{\"pointer\":\(JSONForm.quoted(violation.pointer)),\"code\":\(JSONForm.quoted(violation.code)),\"message\":\(JSONForm.quoted(violation.message))}"
        }
    }

    /// The row is read back by its layout, so that what is shown is what would be stored.
    private static func columns(of receipt: ExtractedReceipt) -> String {
        var members: [(String, String)] = []
        if let client = receipt.clientID { members.append(("client_id", JSONForm.quoted(client))) }
        members.append(("receipt_id", JSONForm.quoted(receipt.receiptID)))
        members.append(("business_day", JSONForm.quoted(CivilDate.text(days: receipt.businessDay))))
        members.append(("issued_at", JSONForm.quoted(CivilDate.text(microseconds: receipt.issuedAt))))
        members.append(("type", JSONForm.quoted(receipt.type.name)))
        members.append(("type_version", "\(receipt.type.version)"))
        do throws(RowError) {
            let values = try receipt.type.layout.values(of: receipt.row)
            for (field, value) in zip(receipt.type.layout.fields, values) { members.append((field.name, JSONForm.text(value, field.type))) }
        } catch {
            members.append(("error", JSONForm.quoted("a row that does not follow its layout at byte \(error.offset)")))
        }
        return "{" + members.map { JSONForm.quoted($0.0) + ":" + $0.1 }.joined(separator: ",") + "}"
    }
}
