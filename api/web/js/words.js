// Every word the page says, in both languages. Chinese comes first.

const all = {
  zh: {
    'skip': '跳到正文',
    'nav': '主导航',
    'nav.ask': '问答',
    'language.other': 'English',
    'ask.title': '问政策，看原文',
    'ask.lead': '每句回答都附政策原文，一字不差，一点即达。',
    'ask.label': '问题',
    'ask.placeholder': '例如：成都每年发放的算力券总额上限是多少？',
    'ask.submit': '提问',
    'ask.hint': '回车提问，Shift + 回车换行',
    'ask.examples': '可以这样问',
    'ask.holds': '资料库现有 {0} 份文件，覆盖 {1} 个城市和地区。',
    'ask.empty': '资料库还是空的。请先用 policykb add 添加文件。',
    'ask.again': '换个问题',
    'answer.working': '正在查找原文……',
    'answer.sources': '依据',
    'answer.cited': '依据第 {0} 条',
    'answer.open': '查看原文',
    'answer.none': '资料里没有找到答案',
    'answer.nearest': '内容最接近的文件',
    'answer.withheld': '有 {0} 句未能与原文核对一致，没有写进回答。',
    'answer.filtered': '按问题限定：{0}',
    'answer.rewritten': '按上文理解为：{0}',
    'answer.footer': '摘自 {0} 份文件，用时 {1} 毫秒',
    'answer.model': '由 {0} 撰写，逐句与原文核对',
    'reason.no_evidence': '没有与问题相关的内容。',
    'reason.weak_evidence': '找到的内容与问题只是接近，不足以据此回答。',
    'reason.filtered_out': '在限定的范围内没有相关内容，放宽条件后可以再试。',
    'reason.unverified': '写出的回答未能与原文核对一致，因此没有给出。',
    'reason.empty_corpus': '资料库里还没有文件。',
    'reader.back': '返回',
    'reader.outline': '目录',
    'reader.original': '下载原件',
    'reader.source': '来源网页',
    'reader.quote': '引文',
    'reader.version': '第 {0} 版',
    'reader.superseded': '这份文件已被新的文件取代。',
    'reader.superseding': '查看新文件',
    'reader.old': '这是旧的版本（第 {0} 版），现行的是第 {1} 版。',
    'reader.current': '查看现行版本',
    'reader.characters': '{0} 字',
    'field.city': '地区',
    'field.issuer': '发文机关',
    'field.doc_number': '文号',
    'field.issued_on': '成文日期',
    'field.effective_from': '施行日期',
    'field.effective_to': '有效期至',
    'field.kind': '类别',
    'field.page': '第 {0} 页',
    'filter.city': '地区', 'filter.district': '区县', 'filter.issuer': '机关', 'filter.kind': '类别', 'filter.status': '状态',
    'filter.issued': '日期', 'filter.issued_from': '起始日期', 'filter.issued_to': '截止日期', 'filter.title': '标题',
    'filter.doc_number': '文号', 'filter.document_id': '文件', 'filter.language': '语言', 'filter.tags': '标签',
    'status.draft': '征求意见', 'status.in_force': '现行有效', 'status.expired': '已过有效期', 'status.repealed': '已废止',
    'kind.regulation': '法规', 'kind.measures': '办法', 'kind.plan': '规划方案', 'kind.opinion': '意见', 'kind.notice': '通知公告',
    'kind.guide': '指南', 'kind.interpretation': '解读', 'kind.news': '新闻', 'kind.digest': '摘编', 'kind.report': '报告',
    'warning.draft_source': '所引文件是征求意见稿，尚未施行。',
    'warning.expired_source': '所引文件已过有效期。',
    'warning.repealed_source': '所引文件已废止。',
    'warning.superseded_source': '所引文件已被新的文件取代。',
    'problem.network': '连不上服务，请确认它在运行后重试。',
    'problem.notfound': '没有这份文件，或者它已被删除。',
    'problem.other': '出错了：{0}',
    'problem.retry': '重试',
  },
  en: {
    'skip': 'Skip to the content',
    'nav': 'Main',
    'nav.ask': 'Ask',
    'language.other': '中文',
    'ask.title': 'Ask the policies, read the source',
    'ask.lead': 'Every sentence of an answer comes with the exact words it rests on, one click away.',
    'ask.label': 'Question',
    'ask.placeholder': 'For example: How large are Chengdu’s computing vouchers each year?',
    'ask.submit': 'Ask',
    'ask.hint': 'Enter asks, Shift + Enter starts a new line',
    'ask.examples': 'You could ask',
    'ask.holds': '{0} documents on {1} cities and regions.',
    'ask.empty': 'There are no documents yet. Add some with policykb add.',
    'ask.again': 'Ask something else',
    'answer.working': 'Looking in the documents …',
    'answer.sources': 'Sources',
    'answer.cited': 'Source {0}',
    'answer.open': 'Read the source',
    'answer.none': 'The documents do not hold the answer',
    'answer.nearest': 'The nearest documents',
    'answer.withheld': '{0} statements did not agree with the source and were left out.',
    'answer.filtered': 'Narrowed by the question: {0}',
    'answer.rewritten': 'Understood as: {0}',
    'answer.footer': 'From {0} documents, in {1} ms',
    'answer.model': 'Written by {0}, each sentence checked against the source',
    'reason.no_evidence': 'Nothing in them bears on the question.',
    'reason.weak_evidence': 'What was found is near the question, but not enough to answer it.',
    'reason.filtered_out': 'Nothing fits within the limits set. Widen them and ask again.',
    'reason.unverified': 'The answer written did not agree with the source, so it is not shown.',
    'reason.empty_corpus': 'There are no documents yet.',
    'reader.back': 'Back',
    'reader.outline': 'Contents',
    'reader.original': 'Download the original',
    'reader.source': 'Web page it came from',
    'reader.quote': 'Quote',
    'reader.version': 'Version {0}',
    'reader.superseded': 'A newer document has taken the place of this one.',
    'reader.superseding': 'Read the newer one',
    'reader.old': 'This is an old version ({0}); the current one is {1}.',
    'reader.current': 'Read the current version',
    'reader.characters': '{0} characters',
    'field.city': 'Place',
    'field.issuer': 'Issuer',
    'field.doc_number': 'Number',
    'field.issued_on': 'Issued',
    'field.effective_from': 'In force from',
    'field.effective_to': 'In force until',
    'field.kind': 'Kind',
    'field.page': 'Page {0}',
    'filter.city': 'place', 'filter.district': 'district', 'filter.issuer': 'issuer', 'filter.kind': 'kind', 'filter.status': 'status',
    'filter.issued': 'date', 'filter.issued_from': 'from', 'filter.issued_to': 'to', 'filter.title': 'title',
    'filter.doc_number': 'number', 'filter.document_id': 'document', 'filter.language': 'language', 'filter.tags': 'tags',
    'status.draft': 'Draft', 'status.in_force': 'In force', 'status.expired': 'Expired', 'status.repealed': 'Repealed',
    'kind.regulation': 'Regulation', 'kind.measures': 'Measures', 'kind.plan': 'Plan', 'kind.opinion': 'Opinion', 'kind.notice': 'Notice',
    'kind.guide': 'Guide', 'kind.interpretation': 'Interpretation', 'kind.news': 'News', 'kind.digest': 'Digest', 'kind.report': 'Report',
    'warning.draft_source': 'A cited document is a draft and not in force.',
    'warning.expired_source': 'A cited document is no longer in force.',
    'warning.repealed_source': 'A cited document has been repealed.',
    'warning.superseded_source': 'A newer document has taken the place of a cited one.',
    'problem.network': 'The service does not answer. Make sure that it runs, and try again.',
    'problem.notfound': 'There is no such document, or it has been removed.',
    'problem.other': 'Something went wrong: {0}',
    'problem.retry': 'Try again',
  },
};

const stored = 'policykb.language';
let language = remembered();

function remembered() {
  try {
    return localStorage.getItem(stored) === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh'; // storage is switched off
  }
}

/** word returns the words for a key, with {0}, {1} … replaced; undefined where the page has none. */
export function word(key, ...values) {
  return all[language][key]?.replace(/\{(\d)\}/g, (_, n) => values[n]);
}

/** count writes a number as people read it. */
export function count(n) {
  return new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en').format(n);
}

export const isChinese = () => language === 'zh';

/** switchLanguage takes the other language and remembers it. */
export function switchLanguage() {
  language = language === 'zh' ? 'en' : 'zh';
  try {
    localStorage.setItem(stored, language);
  } catch {
    // it lasts for this page only
  }
}

/** translate puts the words into the parts of the page that stand in the HTML. */
export function translate() {
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
  for (const element of document.querySelectorAll('[data-word]')) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll('[data-label]')) element.setAttribute('aria-label', word(element.dataset.label));
}
