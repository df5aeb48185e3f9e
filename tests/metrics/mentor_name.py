from tests.metrics import Counted, mentor_account, user_role
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    names = {user: name for user, _, name in user_role.expected(oracle)}
    return {
        (user, mentor, names[user]): (1,)
        for user, mentor in mentor_account.expected(oracle)
        if user in names
    }
