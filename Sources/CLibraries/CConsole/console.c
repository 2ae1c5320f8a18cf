// Made by script/embed-console from the files in console/: add or remove those, then run it.

#include "console.h"

// C23 in an older C: clang takes it, and says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char file_0[] = {
#embed "../../../console/app.js"
};
static const unsigned char file_1[] = {
#embed "../../../console/components/chart-scale.js"
};
static const unsigned char file_2[] = {
#embed "../../../console/components/chart.js"
};
static const unsigned char file_3[] = {
#embed "../../../console/components/code-editor.js"
};
static const unsigned char file_4[] = {
#embed "../../../console/components/command-palette.js"
};
static const unsigned char file_5[] = {
#embed "../../../console/components/copy-button.js"
};
static const unsigned char file_6[] = {
#embed "../../../console/components/data-grid.js"
};
static const unsigned char file_7[] = {
#embed "../../../console/components/dialogs.js"
};
static const unsigned char file_8[] = {
#embed "../../../console/components/document-view.js"
};
static const unsigned char file_9[] = {
#embed "../../../console/components/empty-state.js"
};
static const unsigned char file_10[] = {
#embed "../../../console/components/facts.js"
};
static const unsigned char file_11[] = {
#embed "../../../console/components/filter-bar.js"
};
static const unsigned char file_12[] = {
#embed "../../../console/components/icon.js"
};
static const unsigned char file_13[] = {
#embed "../../../console/components/instant.js"
};
static const unsigned char file_14[] = {
#embed "../../../console/components/line-difference.js"
};
static const unsigned char file_15[] = {
#embed "../../../console/components/list-table.js"
};
static const unsigned char file_16[] = {
#embed "../../../console/components/pager.js"
};
static const unsigned char file_17[] = {
#embed "../../../console/components/plan-view.js"
};
static const unsigned char file_18[] = {
#embed "../../../console/components/problem-view.js"
};
static const unsigned char file_19[] = {
#embed "../../../console/components/sign-in.js"
};
static const unsigned char file_20[] = {
#embed "../../../console/components/status.js"
};
static const unsigned char file_21[] = {
#embed "../../../console/components/tab-list.js"
};
static const unsigned char file_22[] = {
#embed "../../../console/components/time-line.js"
};
static const unsigned char file_23[] = {
#embed "../../../console/core/announce.js"
};
static const unsigned char file_24[] = {
#embed "../../../console/core/api.js"
};
static const unsigned char file_25[] = {
#embed "../../../console/core/clipboard.js"
};
static const unsigned char file_26[] = {
#embed "../../../console/core/column-types.js"
};
static const unsigned char file_27[] = {
#embed "../../../console/core/dom.js"
};
static const unsigned char file_28[] = {
#embed "../../../console/core/encoding.js"
};
static const unsigned char file_29[] = {
#embed "../../../console/core/exact-json.js"
};
static const unsigned char file_30[] = {
#embed "../../../console/core/features.js"
};
static const unsigned char file_31[] = {
#embed "../../../console/core/keyboard.js"
};
static const unsigned char file_32[] = {
#embed "../../../console/core/language.js"
};
static const unsigned char file_33[] = {
#embed "../../../console/core/location.js"
};
static const unsigned char file_34[] = {
#embed "../../../console/core/preferences.js"
};
static const unsigned char file_35[] = {
#embed "../../../console/core/problem.js"
};
static const unsigned char file_36[] = {
#embed "../../../console/core/records.js"
};
static const unsigned char file_37[] = {
#embed "../../../console/core/rows.js"
};
static const unsigned char file_38[] = {
#embed "../../../console/core/schema.js"
};
static const unsigned char file_39[] = {
#embed "../../../console/core/session.js"
};
static const unsigned char file_40[] = {
#embed "../../../console/core/sql-words.js"
};
static const unsigned char file_41[] = {
#embed "../../../console/core/statements.js"
};
static const unsigned char file_42[] = {
#embed "../../../console/core/theme.js"
};
static const unsigned char file_43[] = {
#embed "../../../console/core/watch.js"
};
static const unsigned char file_44[] = {
#embed "../../../console/core/xml.js"
};
static const unsigned char file_45[] = {
#embed "../../../console/index.html"
};
static const unsigned char file_46[] = {
#embed "../../../console/languages/en.json"
};
static const unsigned char file_47[] = {
#embed "../../../console/languages/uk.json"
};
static const unsigned char file_48[] = {
#embed "../../../console/pages/audit.js"
};
static const unsigned char file_49[] = {
#embed "../../../console/pages/components.js"
};
static const unsigned char file_50[] = {
#embed "../../../console/pages/components/examples.js"
};
static const unsigned char file_51[] = {
#embed "../../../console/pages/contracts.js"
};
static const unsigned char file_52[] = {
#embed "../../../console/pages/contracts/connect.js"
};
static const unsigned char file_53[] = {
#embed "../../../console/pages/contracts/contract-form.js"
};
static const unsigned char file_54[] = {
#embed "../../../console/pages/contracts/key-form.js"
};
static const unsigned char file_55[] = {
#embed "../../../console/pages/contracts/subscriptions.js"
};
static const unsigned char file_56[] = {
#embed "../../../console/pages/contracts/usage.js"
};
static const unsigned char file_57[] = {
#embed "../../../console/pages/dead-letters.js"
};
static const unsigned char file_58[] = {
#embed "../../../console/pages/dead-letters/redrive-lot.js"
};
static const unsigned char file_59[] = {
#embed "../../../console/pages/exports.js"
};
static const unsigned char file_60[] = {
#embed "../../../console/pages/lost.js"
};
static const unsigned char file_61[] = {
#embed "../../../console/pages/overview.js"
};
static const unsigned char file_62[] = {
#embed "../../../console/pages/pages.js"
};
static const unsigned char file_63[] = {
#embed "../../../console/pages/processes.js"
};
static const unsigned char file_64[] = {
#embed "../../../console/pages/processes/graph.js"
};
static const unsigned char file_65[] = {
#embed "../../../console/pages/processes/layout.js"
};
static const unsigned char file_66[] = {
#embed "../../../console/pages/processes/queue.js"
};
static const unsigned char file_67[] = {
#embed "../../../console/pages/processes/topic.js"
};
static const unsigned char file_68[] = {
#embed "../../../console/pages/quarantine.js"
};
static const unsigned char file_69[] = {
#embed "../../../console/pages/queries.js"
};
static const unsigned char file_70[] = {
#embed "../../../console/pages/receipt.js"
};
static const unsigned char file_71[] = {
#embed "../../../console/pages/receipts.js"
};
static const unsigned char file_72[] = {
#embed "../../../console/pages/rollups.js"
};
static const unsigned char file_73[] = {
#embed "../../../console/pages/rollups/advice.js"
};
static const unsigned char file_74[] = {
#embed "../../../console/pages/rollups/declare.js"
};
static const unsigned char file_75[] = {
#embed "../../../console/pages/sql.js"
};
static const unsigned char file_76[] = {
#embed "../../../console/pages/sql/drafts.js"
};
static const unsigned char file_77[] = {
#embed "../../../console/pages/sql/export-menu.js"
};
static const unsigned char file_78[] = {
#embed "../../../console/pages/sql/query-run.js"
};
static const unsigned char file_79[] = {
#embed "../../../console/pages/sql/result-view.js"
};
static const unsigned char file_80[] = {
#embed "../../../console/pages/sql/schema-tree.js"
};
static const unsigned char file_81[] = {
#embed "../../../console/pages/storage.js"
};
static const unsigned char file_82[] = {
#embed "../../../console/pages/storage/file-map.js"
};
static const unsigned char file_83[] = {
#embed "../../../console/pages/storage/files.js"
};
static const unsigned char file_84[] = {
#embed "../../../console/pages/storage/history.js"
};
static const unsigned char file_85[] = {
#embed "../../../console/pages/storage/left-out.js"
};
static const unsigned char file_86[] = {
#embed "../../../console/pages/ticket.js"
};
static const unsigned char file_87[] = {
#embed "../../../console/pages/tickets.js"
};
static const unsigned char file_88[] = {
#embed "../../../console/pages/type-bench.js"
};
static const unsigned char file_89[] = {
#embed "../../../console/pages/types.js"
};
static const unsigned char file_90[] = {
#embed "../../../console/pages/types/sample.js"
};
static const unsigned char file_91[] = {
#embed "../../../console/pages/types/versions.js"
};
static const unsigned char file_92[] = {
#embed "../../../console/pages/uploads.js"
};
static const unsigned char file_93[] = {
#embed "../../../console/pages/uploads/correct.js"
};
static const unsigned char file_94[] = {
#embed "../../../console/pages/uploads/send-file.js"
};
static const unsigned char file_95[] = {
#embed "../../../console/shell.js"
};
static const unsigned char file_96[] = {
#embed "../../../console/styles/base.css"
};
static const unsigned char file_97[] = {
#embed "../../../console/styles/components.css"
};
static const unsigned char file_98[] = {
#embed "../../../console/styles/console.css"
};
static const unsigned char file_99[] = {
#embed "../../../console/styles/layout.css"
};
static const unsigned char file_100[] = {
#embed "../../../console/styles/print.css"
};
static const unsigned char file_101[] = {
#embed "../../../console/styles/reset.css"
};
static const unsigned char file_102[] = {
#embed "../../../console/styles/till.svg"
};
static const unsigned char file_103[] = {
#embed "../../../console/styles/tokens.css"
};
static const unsigned char file_104[] = {
#embed "../../../console/vendor/codemirror/LICENSE"
};
static const unsigned char file_105[] = {
#embed "../../../console/vendor/codemirror/index-C83tnP_C.js"
};
static const unsigned char file_106[] = {
#embed "../../../console/vendor/codemirror/index-CGEMhyvn.js"
};
static const unsigned char file_107[] = {
#embed "../../../console/vendor/codemirror/index-DNBTB2TY.js"
};
static const unsigned char file_108[] = {
#embed "../../../console/vendor/codemirror/index-DoamnB4e.js"
};
static const unsigned char file_109[] = {
#embed "../../../console/vendor/codemirror/index-ciMdZ5pn.js"
};
static const unsigned char file_110[] = {
#embed "../../../console/vendor/codemirror/index.js"
};

static const struct console_file files[] = {
    {"app.js", file_0, sizeof file_0},
    {"components/chart-scale.js", file_1, sizeof file_1},
    {"components/chart.js", file_2, sizeof file_2},
    {"components/code-editor.js", file_3, sizeof file_3},
    {"components/command-palette.js", file_4, sizeof file_4},
    {"components/copy-button.js", file_5, sizeof file_5},
    {"components/data-grid.js", file_6, sizeof file_6},
    {"components/dialogs.js", file_7, sizeof file_7},
    {"components/document-view.js", file_8, sizeof file_8},
    {"components/empty-state.js", file_9, sizeof file_9},
    {"components/facts.js", file_10, sizeof file_10},
    {"components/filter-bar.js", file_11, sizeof file_11},
    {"components/icon.js", file_12, sizeof file_12},
    {"components/instant.js", file_13, sizeof file_13},
    {"components/line-difference.js", file_14, sizeof file_14},
    {"components/list-table.js", file_15, sizeof file_15},
    {"components/pager.js", file_16, sizeof file_16},
    {"components/plan-view.js", file_17, sizeof file_17},
    {"components/problem-view.js", file_18, sizeof file_18},
    {"components/sign-in.js", file_19, sizeof file_19},
    {"components/status.js", file_20, sizeof file_20},
    {"components/tab-list.js", file_21, sizeof file_21},
    {"components/time-line.js", file_22, sizeof file_22},
    {"core/announce.js", file_23, sizeof file_23},
    {"core/api.js", file_24, sizeof file_24},
    {"core/clipboard.js", file_25, sizeof file_25},
    {"core/column-types.js", file_26, sizeof file_26},
    {"core/dom.js", file_27, sizeof file_27},
    {"core/encoding.js", file_28, sizeof file_28},
    {"core/exact-json.js", file_29, sizeof file_29},
    {"core/features.js", file_30, sizeof file_30},
    {"core/keyboard.js", file_31, sizeof file_31},
    {"core/language.js", file_32, sizeof file_32},
    {"core/location.js", file_33, sizeof file_33},
    {"core/preferences.js", file_34, sizeof file_34},
    {"core/problem.js", file_35, sizeof file_35},
    {"core/records.js", file_36, sizeof file_36},
    {"core/rows.js", file_37, sizeof file_37},
    {"core/schema.js", file_38, sizeof file_38},
    {"core/session.js", file_39, sizeof file_39},
    {"core/sql-words.js", file_40, sizeof file_40},
    {"core/statements.js", file_41, sizeof file_41},
    {"core/theme.js", file_42, sizeof file_42},
    {"core/watch.js", file_43, sizeof file_43},
    {"core/xml.js", file_44, sizeof file_44},
    {"index.html", file_45, sizeof file_45},
    {"languages/en.json", file_46, sizeof file_46},
    {"languages/uk.json", file_47, sizeof file_47},
    {"pages/audit.js", file_48, sizeof file_48},
    {"pages/components.js", file_49, sizeof file_49},
    {"pages/components/examples.js", file_50, sizeof file_50},
    {"pages/contracts.js", file_51, sizeof file_51},
    {"pages/contracts/connect.js", file_52, sizeof file_52},
    {"pages/contracts/contract-form.js", file_53, sizeof file_53},
    {"pages/contracts/key-form.js", file_54, sizeof file_54},
    {"pages/contracts/subscriptions.js", file_55, sizeof file_55},
    {"pages/contracts/usage.js", file_56, sizeof file_56},
    {"pages/dead-letters.js", file_57, sizeof file_57},
    {"pages/dead-letters/redrive-lot.js", file_58, sizeof file_58},
    {"pages/exports.js", file_59, sizeof file_59},
    {"pages/lost.js", file_60, sizeof file_60},
    {"pages/overview.js", file_61, sizeof file_61},
    {"pages/pages.js", file_62, sizeof file_62},
    {"pages/processes.js", file_63, sizeof file_63},
    {"pages/processes/graph.js", file_64, sizeof file_64},
    {"pages/processes/layout.js", file_65, sizeof file_65},
    {"pages/processes/queue.js", file_66, sizeof file_66},
    {"pages/processes/topic.js", file_67, sizeof file_67},
    {"pages/quarantine.js", file_68, sizeof file_68},
    {"pages/queries.js", file_69, sizeof file_69},
    {"pages/receipt.js", file_70, sizeof file_70},
    {"pages/receipts.js", file_71, sizeof file_71},
    {"pages/rollups.js", file_72, sizeof file_72},
    {"pages/rollups/advice.js", file_73, sizeof file_73},
    {"pages/rollups/declare.js", file_74, sizeof file_74},
    {"pages/sql.js", file_75, sizeof file_75},
    {"pages/sql/drafts.js", file_76, sizeof file_76},
    {"pages/sql/export-menu.js", file_77, sizeof file_77},
    {"pages/sql/query-run.js", file_78, sizeof file_78},
    {"pages/sql/result-view.js", file_79, sizeof file_79},
    {"pages/sql/schema-tree.js", file_80, sizeof file_80},
    {"pages/storage.js", file_81, sizeof file_81},
    {"pages/storage/file-map.js", file_82, sizeof file_82},
    {"pages/storage/files.js", file_83, sizeof file_83},
    {"pages/storage/history.js", file_84, sizeof file_84},
    {"pages/storage/left-out.js", file_85, sizeof file_85},
    {"pages/ticket.js", file_86, sizeof file_86},
    {"pages/tickets.js", file_87, sizeof file_87},
    {"pages/type-bench.js", file_88, sizeof file_88},
    {"pages/types.js", file_89, sizeof file_89},
    {"pages/types/sample.js", file_90, sizeof file_90},
    {"pages/types/versions.js", file_91, sizeof file_91},
    {"pages/uploads.js", file_92, sizeof file_92},
    {"pages/uploads/correct.js", file_93, sizeof file_93},
    {"pages/uploads/send-file.js", file_94, sizeof file_94},
    {"shell.js", file_95, sizeof file_95},
    {"styles/base.css", file_96, sizeof file_96},
    {"styles/components.css", file_97, sizeof file_97},
    {"styles/console.css", file_98, sizeof file_98},
    {"styles/layout.css", file_99, sizeof file_99},
    {"styles/print.css", file_100, sizeof file_100},
    {"styles/reset.css", file_101, sizeof file_101},
    {"styles/till.svg", file_102, sizeof file_102},
    {"styles/tokens.css", file_103, sizeof file_103},
    {"vendor/codemirror/LICENSE", file_104, sizeof file_104},
    {"vendor/codemirror/index-C83tnP_C.js", file_105, sizeof file_105},
    {"vendor/codemirror/index-CGEMhyvn.js", file_106, sizeof file_106},
    {"vendor/codemirror/index-DNBTB2TY.js", file_107, sizeof file_107},
    {"vendor/codemirror/index-DoamnB4e.js", file_108, sizeof file_108},
    {"vendor/codemirror/index-ciMdZ5pn.js", file_109, sizeof file_109},
    {"vendor/codemirror/index.js", file_110, sizeof file_110},
};

size_t console_file_count(void) { return sizeof files / sizeof files[0]; }

struct console_file console_file_at(size_t index) { return files[index]; }
