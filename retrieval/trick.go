package retrieval

import "regexp"

// instructs matches what is no question to the documents but an instruction to the
// program: to drop its rules, to play a part, to tell its prompt, to make things up.
var instructs = regexp.MustCompile(`(忽略|无视|忘记|忘掉|跳过|绕过|不要?理会|抛开)(掉)?.{0,14}(指令|提示词|提示|规则|设定|限制|约束|要求|上文|前文)` +
	`|系统提示|(你的|你(最初|原始|内部)的?)(系统|初始|内部|原始)?(指令|设定|提示词|规则)` +
	`|(请你?|现在|从现在起)?(扮演|假装|假扮)(成|一|你|我|为|自己)|(你现在是|现在你是|假设你是|从现在起.{0,2}你)|(开发者|越狱|管理员|调试|上帝)模式` +
	`|(编造?|虚构|捏造|杜撰|瞎编|胡编)(出)?(一|几|两|些|个|答案|数字|文号)|(就算|即使|哪怕|如果).{0,10}(没有|没写|找不到).{0,8}(也|就)(请|要|得|必须|给我|随便)?.{0,4}(编|猜|说|给|回答|答)` +
	`|(不|无)(用|需|要|必|须)(要|再)?(给出|注明|标注)?(引用|出处|来源|依据)` +
	`|(ignore|disregard|forget|override|bypass) .{0,30}(instruction|prompt|rule|guideline|polic(y|ies) above)|system prompt|(your|initial|hidden) (instructions|prompt)` +
	`|pretend (to be|you|that)|you are now\b|act as (a|an|my|if)\b|(developer|debug|admin|jailbreak) mode|\bjailbreak|(make up|invent|fabricate) (a|an|some|the|any)\b|even if .{0,40}(not|n't) .{0,20}(answer|guess|say)`)
