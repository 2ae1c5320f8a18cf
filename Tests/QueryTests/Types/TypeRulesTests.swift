import ColumnStore
import XCTest

@testable import Query

/// Goal: what two types become is the same from either side, and both can be cast to it unasked. Method: every pair of types that are no lists or structures.
final class TypeRulesTests: XCTestCase {
    private let types: [ColumnType] = [
        .boolean, .int32, .int64, .double, .decimal(precision: 10, scale: 2), .decimal(precision: 38, scale: 0), .decimal(precision: 38, scale: 38), .string, .binary, .json(isBinary: false),
        .json(isBinary: true), .uuid, .date, .time, .timestamp(isUTC: false), .timestamp(isUTC: true), .interval, .null,
    ]

    func test_common_ofEveryPair_isTheSameFromEitherSide_andBothGoThere() {
        for left in types {
            XCTAssertEqual(TypeRules.common(left, left), left)
            XCTAssertEqual(TypeRules.common(left, .null), left)
            for right in types {
                let common = TypeRules.common(left, right)
                XCTAssertEqual(common, TypeRules.common(right, left), "\(left), \(right)")
                guard let common else { continue }
                for one in [left, right] { XCTAssertEqual(TypeRules.cast(from: one, to: common), .implicit, "\(one) to \(common), of \(left) and \(right)") }
                // Whatever a third one makes of it, no digit is lost.
                XCTAssertGreaterThanOrEqual(TypeRules.isNumeric(common) && common != .double ? TypeRules.scale(common) : 38, max(TypeRules.scale(left), TypeRules.scale(right)))
            }
        }
    }

    func test_common_ofLists_isThatOfTheirElements() {
        for left in types {
            for right in types {
                let (one, other) = (ColumnType.list(element: Field("element", left)), ColumnType.list(element: Field("element", right)))
                XCTAssertEqual(TypeRules.common(one, other), TypeRules.common(left, right).map { .list(element: Field("element", $0)) }, "\(left), \(right)")
                XCTAssertNil(left == .null ? nil : TypeRules.common(one, left))
            }
        }
    }

    func test_arithmetic_ofEveryPairOfNumbers_keepsItsScale_orSaysThatItCannot() {
        let numbers = types.filter(TypeRules.isNumeric)
        for left in numbers {
            for right in numbers {
                for op in [ExpressionSyntax.BinaryOperator.add, .subtract, .multiply, .divide] {
                    let scales = (TypeRules.scale(left), TypeRules.scale(right))
                    let wanted = op == .multiply ? scales.0 + scales.1 : op == .divide ? max(scales.0, TypeRules.divisionScaleMin) : max(scales.0, scales.1)
                    let isDecimal = TypeRules.isDecimal(TypeRules.commonNumber(left, right))
                    let found = try? TypeRules.arithmetic(op, left, right, at: 1)
                    XCTAssertEqual(found == nil, isDecimal && wanted > TypeRules.digitCountMax, "\(left) \(op) \(right)")
                    guard let found else { continue }
                    XCTAssertEqual(found.result, isDecimal ? .decimal38(scale: wanted) : TypeRules.commonNumber(left, right), "\(left) \(op) \(right)")
                }
            }
        }
    }
}
