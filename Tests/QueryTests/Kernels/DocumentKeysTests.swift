import ColumnStore
import XCTest

@testable import Query

/// Goal: documents are compared by keys that are made once where they can be, and counted as work and as memory where they are many. Method: kernels with a meter of their own, whose query is over.
final class DocumentKeysTests: XCTestCase {
    private static let type = ColumnType.json(isBinary: true)

    private func meter(isOver: Bool = false, memory: Int = 256 << 20) -> WorkMeter {
        let cancellation = Cancellation()
        if isOver { cancellation.cancel() }
        return WorkMeter(EvaluationContext(memory: MemoryBudget(byteCountMax: memory), cancellation: cancellation))
    }

    private func document(_ count: Int) -> [UInt8] { Array("[".utf8) + (0..<count).flatMap { _ in Array("5, ".utf8) } + Array("5]".utf8) }

    private func compare(_ left: Column, _ right: Column, _ meter: WorkMeter) throws -> Column {
        guard case .remembering(let make) = ScalarFunction.less.kernel else { throw XCTSkip("a comparison remembers nothing") }
        return try make()(KernelCall(columns: [left, right], count: left.count, type: .boolean, context: EvaluationContext(), meter: meter))
    }

    private func start(_ column: Column) throws -> UnsafeRawPointer? {
        guard case .bytes(let key) = try XCTUnwrap(column.constantValue) else { return nil }
        return key.withUnsafeBytes { $0.baseAddress }
    }

    func test_keys_ofAConstantInEachBatch_areMadeOnce() throws {
        let (keys, meter) = (DocumentKeys(), meter())
        let text = document(100_000)
        // Each batch brings a copy.
        let first = try keys.keys(.constant(.bytes(text), type: Self.type, count: 3), meter)
        let mark = meter.mark
        let second = try keys.keys(.constant(.bytes(Array(text[...])), type: Self.type, count: 5), meter)
        XCTAssertEqual(try start(first), try start(second), "made anew")
        XCTAssertEqual(meter.mark, mark)
        XCTAssertEqual(second.count, 5)
        guard case .bytes(let key) = second.constantValue else { return XCTFail("no key") }
        XCTAssertEqual(key, DocumentOrder.key(text[...]))
        let other = try keys.keys(.constant(.bytes(Array("7".utf8)), type: Self.type, count: 1), meter)
        XCTAssertEqual(other.constantValue, .bytes(DocumentOrder.key(Array("7".utf8)[...])))
        XCTAssertTrue(try keys.keys(.constant(.null, type: Self.type, count: 2), meter).isConstantNull)
    }

    func test_comparing_largeDocuments_isWorkThatEndsWithItsQuery() throws {
        let wide = Column.constant(.bytes(document(600_000)), type: Self.type, count: 2), narrow = Column.constant(.bytes(Array("1".utf8)), type: Self.type, count: 2)
        for (left, right) in [(wide.flattened(), narrow), (narrow, wide), (wide, wide.flattened())] {
            XCTAssertThrowsError(try compare(left, right, meter(isOver: true))) { error in
                guard case .interrupted = error as? KernelError else { return XCTFail("\(error)") }
            }
        }
        XCTAssertEqual(try compare(narrow, wide, meter()).value(at: 1), .boolean(true))
    }

    func test_comparing_moreDocumentsThanMemoryHolds_isRefusedBeforeTheirKeysAreMade() throws {
        let wide = Column.constant(.bytes(document(600_000)), type: Self.type, count: 2).flattened()
        XCTAssertThrowsError(try compare(wide, wide, meter(memory: 4 << 20))) { error in
            guard case .tooLarge = error as? KernelError else { return XCTFail("\(error)") }
        }
    }

    /// Each element of a list is read, and one of them may be megabytes.
    func test_elementsOfALists_thatAreHeldAgainstADocument_areWork() throws {
        let (large, small) = (Value.bytes(document(600_000)), Value.bytes(Array("1".utf8)))
        let list = ColumnType.listOf(Self.type)
        for (values, wanted) in [([small, large], small), ([small], large)] {
            let lists = ListValues(.constant(.list(values), type: list, count: 1))
            XCTAssertThrowsError(try lists.matches(wanted, 0, meter(isOver: true))) { error in
                guard case .interrupted = error as? KernelError else { return XCTFail("\(error)") }
            }
            XCTAssertEqual(try lists.matches(wanted, 0, meter()), values.map { $0 == wanted })
        }
    }
}
