import Foundation
import XCTest

@testable import Documents

/// Documents that others wrote, through all built-in types together: each is read, or refused with a reason.
final class SampleDocumentsTests: XCTestCase {
    private func registry() throws -> TypeRegistry {
        let registry = TypeRegistry()
        let files = try SampleFiles.files(in: SampleFiles.root.appendingPathComponent("types")).filter { $0.pathExtension == "json" }
        XCTAssertFalse(files.isEmpty)
        for file in files {
            do {
                try registry.put(try DocumentType(json: try SampleFiles.bytes(file)))
            } catch let error as TypeFileError {
                XCTFail("\(file.lastPathComponent): " + error.reasons.map { "\($0.pointer) \($0.code): \($0.message)" }.joined(separator: "\n"))
            }
        }
        return registry
    }

    func test_read_everySharedSample_isAcceptedOrRefusedWithAReason() throws {
        let reader = DocumentReader(registry: try registry())
        let report = ProcessInfo.processInfo.environment["TILL_SAMPLES_REPORT"]
        var lines: [String] = []
        var acceptedCount = 0
        let samples = SampleFiles.shared.appendingPathComponent("samples")
        for folder in try SampleFiles.files(in: samples) where folder.hasDirectoryPath {
            for file in try SampleFiles.files(in: folder) where ["json", "xml"].contains(file.pathExtension) {
                let bytes = try SampleFiles.bytes(file)
                let options = ReadingOptions(now: SampleFiles.now)
                let name = folder.lastPathComponent + "/" + file.lastPathComponent
                do {
                    let reading = file.pathExtension == "json" ? try reader.readJSON(bytes, options) : try reader.readXML(bytes, options)
                    XCTAssertFalse(reading.receipts.isEmpty, name)
                    for result in reading.receipts {
                        switch result {
                        case .accepted(let receipt):
                            acceptedCount += 1
                            lines.append("\(name): \(receipt.type.name) \(String(decoding: receipt.receiptID, as: UTF8.self))")
                            XCTAssertNoThrow(try receipt.type.layout.values(of: receipt.row), name)
                        case .refused(let problem, let type, _):
                            XCTAssertFalse(problem.detail.isEmpty, name)
                            let reasons = problem.errors.map { "\($0.pointer) \($0.code): \($0.message)" }
                            lines.append("\(name): REFUSED \(type ?? "-") \(problem.code.rawValue) \(problem.detail) \(reasons.prefix(3))")
                        }
                    }
                } catch let problem as Fault {
                    lines.append("\(name): REFUSED - \(problem.code.rawValue) \(problem.detail)")
                }
            }
        }
        XCTAssertGreaterThan(acceptedCount, 100)
        if let report { try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: report)) }
    }
}
